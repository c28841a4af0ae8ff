/** A choice among devices of one kind; nothing where there is no choice. */

import type { Device } from "@bedside/sdk";
import { MenuItem, TextField } from "@mui/material";
import { useTranslation } from "react-i18next";

export function DeviceSelect({
  label,
  devices,
  chosen,
  onChoose,
}: {
  label: string;
  devices: readonly Device[];
  chosen: string | null;
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
