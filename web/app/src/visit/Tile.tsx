/** One person, or one shared screen. */

import type { Quality, Slot, ViewSize } from "@bedside/sdk";
import { Box, Typography } from "@mui/material";
import { type ReactNode, useCallback, useRef } from "react";
import { useTranslation } from "react-i18next";

import { Initials } from "./Initials";
import { TileLabel } from "./TileLabel";
import { TileNotice } from "./TileNotice";
import type { VideoNotice } from "./use-video-notices";
import { useViewSize } from "./use-view-size";
import { Video } from "./Video";

export type SetView = (slotId: string, size: ViewSize) => void;

export function Tile({
  slot,
  name,
  isSpeaking,
  quality,
  notice,
  isPageShown,
  setView,
  menu,
}: {
  slot: Slot;
  name: string;
  isSpeaking: boolean;
  quality: Quality | null;
  notice: VideoNotice;
  isPageShown: boolean;
  setView: SetView;
  /** What a moderator can do. */
  menu: ReactNode;
}) {
  const { t } = useTranslation();
  const isScreen = slot.kind === "screen";
  const box = useRef<HTMLDivElement>(null);
  const { id } = slot;
  const onSize = useCallback(
    (size: ViewSize) => {
      setView(id, size);
    },
    [setView, id],
  );
  useViewSize(box, { isWhole: isScreen, isPageShown, onSize });
  const title = isScreen ? t("visit.screenOf", { name }) : name;
  return (
    <Box
      ref={box}
      role="group"
      aria-label={title}
      sx={{
        position: "relative",
        minHeight: 0,
        borderRadius: 1.25,
        overflow: "hidden",
        bgcolor: "#20343c",
        color: "#ffffff",
        outline: isSpeaking ? "4px solid" : "none",
        outlineColor: "success.main",
        outlineOffset: -4,
      }}
    >
      {slot.video === null ? (
        <Initials name={name} />
      ) : (
        <>
          {!isScreen && (
            // Seen until the first picture comes.
            <Box sx={{ position: "absolute", inset: 0 }}>
              <Initials name={name} isOff={false} />
            </Box>
          )}
          <Box sx={{ position: "absolute", inset: 0 }}>
            <Video
              stream={slot.video}
              label={isScreen ? title : t("visit.picture", { name })}
              isWhole={isScreen}
            />
          </Box>
        </>
      )}
      <TileNotice notice={notice} name={name} />
      {!slot.isConnected && (
        <Typography
          sx={{
            position: "absolute",
            inset: 0,
            display: "grid",
            placeItems: "center",
            textAlign: "center",
            bgcolor: "rgba(16, 30, 36, 0.8)",
            p: 2,
          }}
        >
          {t("visit.lost")}
        </Typography>
      )}
      <TileLabel
        name={title}
        isMuted={!isScreen && slot.isMuted}
        isSpeaking={isSpeaking}
        quality={isScreen ? null : quality}
      />
      {menu}
    </Box>
  );
}
