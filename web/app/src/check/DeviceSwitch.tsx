/** On, or continue without; and what to do when on does not work. */

import { mdiMicrophoneOff, mdiMicrophoneOutline, mdiVideoOffOutline, mdiVideoOutline } from "@mdi/js";
import { Alert, Button, Stack } from "@mui/material";
import { useTranslation } from "react-i18next";

import { Icon } from "../layout/Icon";
import type { CheckedDevice, DeviceCheckState } from "./use-device-check";

const ICONS = {
  camera: { on: mdiVideoOutline, off: mdiVideoOffOutline },
  microphone: { on: mdiMicrophoneOutline, off: mdiMicrophoneOff },
};

export function DeviceSwitch({ check, device }: { check: DeviceCheckState; device: CheckedDevice }) {
  const { t } = useTranslation();
  const { track, problem } = check[device];
  const isOn = track !== null;
  return (
    <Stack spacing={1.5}>
      {problem !== null && <Alert severity="warning">{t(`device.${device}.${problem}`)}</Alert>}
      <Button
        variant="outlined"
        disabled={check.isAsking}
        startIcon={<Icon path={isOn ? ICONS[device].off : ICONS[device].on} />}
        onClick={() => {
          if (isOn) check.close(device);
          else void check.open(device);
        }}
        sx={{ alignSelf: "flex-start", px: { xs: 1.5, sm: 2.5 }, fontSize: { xs: "0.9375rem", sm: "1rem" } }}
      >
        {isOn ? t(`check.${device}Off`) : problem === null ? t(`check.${device}On`) : t("action.retry")}
      </Button>
    </Stack>
  );
}
