/** One person, or one shared screen. */

import type { Grade, Slot } from "@bedside/sdk";
import { Box, Typography } from "@mui/material";
import { useTranslation } from "react-i18next";

import { Initials } from "./Initials";
import { TileLabel } from "./TileLabel";
import { Video } from "./Video";

export function Tile({
  slot,
  name,
  isSpeaking,
  grade,
}: {
  slot: Slot;
  name: string;
  isSpeaking: boolean;
  grade: Grade | null;
}) {
  const { t } = useTranslation();
  const isScreen = slot.kind === "screen";
  const title = isScreen ? t("visit.screenOf", { name }) : name;
  return (
    <Box
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
        <Video
          stream={slot.video}
          label={isScreen ? title : t("visit.picture", { name })}
          isWhole={isScreen}
        />
      )}
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
        grade={isScreen ? null : grade}
      />
    </Box>
  );
}
