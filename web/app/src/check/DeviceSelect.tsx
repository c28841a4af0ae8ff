/** A choice among devices of one kind; nothing where there is no choice. */

import type { Device } from "@bedside/sdk";
import { MenuItem, TextField } from "@mui/material";
import { useTranslation } from "react-i18next";

export function DeviceSelect({
  label,
  devices,
  chosen,
  isDisabled = false,
  onChoose,
}: {
  label: string;
  devices: readonly Device[];
  chosen: string | null;
  isDisabled?: boolean;
  onChoose: (deviceId: string) => void;
}) {
  const { t } = useTranslation();
  if (devices.length < 2) return null;
  const value = devices.some(({ deviceId }) => deviceId === chosen) ? (chosen ?? "") : "";
  return (
    <TextField
      select
      label={label}
      value={value}
      disabled={isDisabled}
      onChange={(event) => {
        onChoose(event.target.value);
      }}
    >
      {devices.map((device, index) => (
        <MenuItem key={device.deviceId} value={device.deviceId}>
          {device.label === "" ? t("check.unnamed", { number: index + 1 }) : device.label}
        </MenuItem>
      ))}
    </TextField>
  );
}
