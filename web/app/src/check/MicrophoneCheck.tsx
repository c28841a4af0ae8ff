/** How loud the microphone is, and which one it is. */

import { Stack, Typography } from "@mui/material";
import { useTranslation } from "react-i18next";

import { DeviceSelect } from "./DeviceSelect";
import { DeviceSwitch } from "./DeviceSwitch";
import { LevelBar } from "./LevelBar";
import type { DeviceCheckState } from "./use-device-check";

export function MicrophoneCheck({ check }: { check: DeviceCheckState }) {
  const { t } = useTranslation();
  const { track } = check.microphone;
  return (
    <Stack spacing={2}>
      <Typography variant="h3">{t("check.microphone")}</Typography>
      {track === null ? (
        <Typography color="text.secondary">{t("check.microphoneIsOff")}</Typography>
      ) : (
        <LevelBar track={track} />
      )}
      <DeviceSwitch check={check} device="microphone" />
      <DeviceSelect
        label={t("check.microphone")}
        devices={check.list.microphones}
        chosen={track?.getSettings().deviceId ?? null}
        isDisabled={check.isAsking}
        onChoose={(id) => void check.open("microphone", id)}
      />
    </Stack>
  );
}
