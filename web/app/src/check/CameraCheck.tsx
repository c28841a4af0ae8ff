/** The own picture, and which camera it comes from. */

import { mdiVideoOffOutline } from "@mdi/js";
import { Box, Stack, Typography } from "@mui/material";
import { useTranslation } from "react-i18next";

import { Icon } from "../layout/Icon";
import { Video } from "../visit/Video";
import { useTrackStream } from "../visit/use-track-stream";
import { DeviceSelect } from "./DeviceSelect";
import { DeviceSwitch } from "./DeviceSwitch";
import type { DeviceCheckState } from "./use-device-check";

export function CameraCheck({ check }: { check: DeviceCheckState }) {
  const { t } = useTranslation();
  const { track } = check.camera;
  const stream = useTrackStream(track);
  return (
    <Stack spacing={2}>
      <Box
        sx={{
          aspectRatio: "16 / 9",
          width: "100%",
          // The button to join stays in the window.
          maxHeight: { md: "38vh" },
          borderRadius: 1,
          overflow: "hidden",
          bgcolor: "#20343c",
          color: "#ffffff",
          display: "grid",
          placeItems: "center",
        }}
      >
        {stream === null ? (
          <Stack sx={{ alignItems: "center", gap: 1 }}>
            <Icon path={mdiVideoOffOutline} fontSize="large" />
            <Typography>{t("check.cameraIsOff")}</Typography>
          </Stack>
        ) : (
          <Video stream={stream} label={t("check.cameraPreview")} isMirrored />
        )}
      </Box>
      <DeviceSwitch check={check} device="camera" />
      <DeviceSelect
        label={t("check.camera")}
        devices={check.list.cameras}
        chosen={track?.getSettings().deviceId ?? null}
        isDisabled={check.isAsking}
        onChoose={(id) => void check.open("camera", id)}
      />
    </Stack>
  );
}
