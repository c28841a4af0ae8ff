/** Who it is, whether they are muted or speak, and how good their connection is: symbols with their words. */

import type { Quality } from "@bedside/sdk";
import { mdiMicrophoneOff, mdiVolumeHigh } from "@mdi/js";
import { Box } from "@mui/material";
import { useTranslation } from "react-i18next";

import { LabelledIcon } from "../layout/LabelledIcon";
import { QualityIcon } from "./QualityIcon";

export function TileLabel({
  name,
  isMuted,
  isSpeaking,
  quality,
  isOwn = false,
}: {
  name: string;
  isMuted: boolean;
  isSpeaking: boolean;
  quality: Quality | null;
  /** It is the own picture's. */
  isOwn?: boolean;
}) {
  const { t } = useTranslation();
  return (
    <Box
      sx={{
        position: "absolute",
        insetInlineStart: 8,
        bottom: 8,
        maxWidth: "calc(100% - 16px)",
        display: "flex",
        alignItems: "center",
        gap: 0.75,
        px: 1.25,
        py: 0.5,
        borderRadius: 0.75,
        bgcolor: "rgba(16, 30, 36, 0.82)",
        color: "#ffffff",
        fontSize: "0.9375rem",
        fontWeight: 600,
      }}
    >
      <Box component="span" sx={{ overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>
        {name}
      </Box>
      {isMuted && <LabelledIcon path={mdiMicrophoneOff} label={t("visit.muted")} />}
      {isSpeaking && <LabelledIcon path={mdiVolumeHigh} label={t("visit.speaking")} />}
      {quality !== null && <QualityIcon quality={quality} name={isOwn ? null : name} />}
    </Box>
  );
}
