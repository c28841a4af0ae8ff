/** The own picture, small, in the corner. */

import type { CallView } from "@bedside/sdk";
import { Box } from "@mui/material";
import { useTranslation } from "react-i18next";

import { TileLabel } from "./TileLabel";
import { useTrackStream } from "./use-track-stream";
import { Video } from "./Video";

export function SelfTile({ view }: { view: CallView }) {
  const { t } = useTranslation();
  const { seat, camera, microphone, speakers, quality } = view;
  const stream = useTrackStream(camera.isOn ? camera.track : null);
  return (
    <Box
      role="group"
      aria-label={t("visit.selfView")}
      sx={{
        position: "absolute",
        insetInlineEnd: { xs: 16, sm: 28 },
        top: { xs: 16, sm: 28 },
        width: { xs: 112, sm: 208 },
        height: stream === null ? 44 : { xs: 148, sm: 117 },
        borderRadius: 2.5,
        overflow: "hidden",
        bgcolor: "#20343c",
        boxShadow: "0 0 0 2px #ffffff, 0 4px 16px rgba(16, 30, 36, 0.35)",
      }}
    >
      {stream !== null && <Video stream={stream} label={t("visit.selfView")} isMirrored />}
      <TileLabel
        name={t("visit.you")}
        isMuted={!microphone.isOn}
        isSpeaking={seat !== null && microphone.isOn && speakers.includes(seat)}
        grade={seat === null ? null : (quality.get(seat) ?? null)}
      />
    </Box>
  );
}
