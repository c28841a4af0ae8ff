/** A test sound, and which speaker it comes from where the browser lets one choose. */

import { canChooseSpeaker, playTestTone } from "@bedside/sdk";
import { mdiVolumeHigh } from "@mdi/js";
import { Button, Stack, Typography } from "@mui/material";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Icon } from "../layout/Icon";
import { DeviceSelect } from "./DeviceSelect";
import type { DeviceCheckState } from "./use-device-check";

export function SpeakerCheck({ check }: { check: DeviceCheckState }) {
  const { t } = useTranslation();
  const [isPlaying, setPlaying] = useState(false);
  const play = async () => {
    setPlaying(true);
    try {
      await playTestTone(check.speakerId ?? undefined);
    } finally {
      setPlaying(false);
    }
  };
  return (
    <Stack spacing={2}>
      <Typography variant="h3">{t("check.speaker")}</Typography>
      <Button
        variant="outlined"
        startIcon={<Icon path={mdiVolumeHigh} />}
        disabled={isPlaying}
        onClick={() => void play()}
        sx={{ alignSelf: "flex-start" }}
      >
        {isPlaying ? t("check.testing") : t("check.testSpeaker")}
      </Button>
      <Typography variant="body2" color="text.secondary">
        {t("check.speakerHelp")}
      </Typography>
      {canChooseSpeaker() && (
        <DeviceSelect
          label={t("check.speaker")}
          devices={check.list.speakers}
          chosen={check.speakerId ?? check.list.speakers[0]?.deviceId ?? null}
          onChoose={check.setSpeakerId}
        />
      )}
    </Stack>
  );
}
