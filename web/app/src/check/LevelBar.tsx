/** A bar that moves with the voice. */

import { meterLevel } from "@bedside/sdk";
import { LinearProgress, Stack, Typography } from "@mui/material";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

export function LevelBar({ track }: { track: MediaStreamTrack }) {
  const { t } = useTranslation();
  const [level, setLevel] = useState(0);
  useEffect(() => meterLevel(track, setLevel), [track]);
  return (
    <Stack spacing={1}>
      <LinearProgress
        variant="determinate"
        value={Math.round(level * 100)}
        aria-label={t("check.level")}
        sx={{
          height: 14,
          borderRadius: 7,
          "& .MuiLinearProgress-bar": { transition: "transform 0.1s linear" },
        }}
      />
      <Typography variant="body2" color="text.secondary">
        {t("check.levelHelp")}
      </Typography>
    </Stack>
  );
}
