/** The own picture: small in the corner beside one other, or a tile among several. */

import type { CallView } from "@bedside/sdk";
import { mdiVideoOffOutline } from "@mdi/js";
import { Box } from "@mui/material";
import { useTranslation } from "react-i18next";

import { Icon } from "../layout/Icon";
import { TileLabel } from "./TileLabel";
import { TileNotice } from "./TileNotice";
import { useTrackStream } from "./use-track-stream";
import { Video } from "./Video";

const CORNER = {
  position: "absolute",
  insetInlineEnd: { xs: 16, sm: 28 },
  top: { xs: 16, sm: 28 },
  width: { xs: 132, sm: 208 },
  height: { xs: 132, sm: 117 },
  boxShadow: "0 0 0 2px #ffffff, 0 4px 16px rgba(16, 30, 36, 0.35)",
};

export function SelfTile({ view, isInCorner }: { view: CallView; isInCorner: boolean }) {
  const { t } = useTranslation();
  const { seat, camera, microphone, speakers, quality } = view;
  const stream = useTrackStream(camera.isOn ? camera.track : null);
  return (
    <Box
      role="group"
      aria-label={t("visit.selfView")}
      sx={{
        position: "relative",
        minHeight: 0,
        borderRadius: 1.25,
        overflow: "hidden",
        display: "grid",
        placeItems: "center",
        bgcolor: "#20343c",
        color: "#ffffff",
        ...(isInCorner && CORNER),
      }}
    >
      {stream === null ? (
        <Icon path={mdiVideoOffOutline} fontSize="large" />
      ) : (
        <Box sx={{ position: "absolute", inset: 0 }}>
          <Video stream={stream} label={t("visit.selfView")} isMirrored />
        </Box>
      )}
      <TileNotice
        notice={{ paused: view.isHeldUp && camera.isOn ? "own" : null, cannotSee: false }}
        name={t("visit.you")}
      />
      <TileLabel
        name={t("visit.you")}
        isMuted={!microphone.isOn}
        isSpeaking={seat !== null && microphone.isOn && speakers.includes(seat)}
        quality={seat === null ? null : (quality.get(seat) ?? null)}
        isOwn
      />
    </Box>
  );
}
