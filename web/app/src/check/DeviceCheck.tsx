/** The page before a visit: see and hear oneself, choose devices, or join without them. */

import { mdiVideoOutline } from "@mdi/js";
import { Alert, Box, Button, Card, Stack, Typography } from "@mui/material";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { Icon } from "../layout/Icon";
import { CameraCheck } from "./CameraCheck";
import { MicrophoneCheck } from "./MicrophoneCheck";
import { SpeakerCheck } from "./SpeakerCheck";
import { type Devices, useDeviceCheck } from "./use-device-check";

export function DeviceCheck({
  canJoin,
  isJoining,
  notice,
  onJoin,
}: {
  /** Whether the control plane lets this person in now. */
  canJoin: boolean;
  isJoining: boolean;
  /** Why not, or what went wrong. */
  notice: ReactNode;
  onJoin: (devices: Devices) => void;
}) {
  const { t } = useTranslation();
  const check = useDeviceCheck();
  // What was handed over goes on air as it is: nothing here can change it any more.
  const shown = isJoining ? { ...check, isAsking: true } : check;
  const without = missing(check.microphone.track === null, check.camera.track === null);

  return (
    <Stack spacing={2.5}>
      <div>
        <Typography variant="h2">{t("check.title")}</Typography>
        <Typography color="text.secondary">{t("check.lead")}</Typography>
      </div>
      {check.isFresh && (
        <Button
          variant="contained"
          size="large"
          startIcon={<Icon path={mdiVideoOutline} />}
          disabled={isJoining}
          onClick={() => void check.openBoth()}
          sx={{ alignSelf: { sm: "flex-start" } }}
        >
          {t("check.allow")}
        </Button>
      )}
      {check.isAsking && !check.isStarting && (
        <Alert severity="info" role="status">
          {t("check.allowing")}
        </Alert>
      )}
      <Box sx={{ display: "grid", gap: 2, gridTemplateColumns: { xs: "minmax(0, 1fr)", md: "3fr 2fr" } }}>
        <Card sx={{ p: 2 }}>
          <CameraCheck check={shown} />
        </Card>
        <Stack spacing={2}>
          <Card sx={{ p: 2 }}>
            <MicrophoneCheck check={shown} />
          </Card>
          <Card sx={{ p: 2 }}>
            <SpeakerCheck check={check} />
          </Card>
        </Stack>
      </Box>
      {notice}
      {without !== null && <Typography color="text.secondary">{t(`check.without.${without}`)}</Typography>}
      {/* On a phone the check is longer than the window: the way on stays at its lower edge. */}
      <Box
        sx={{
          position: { xs: "sticky", sm: "static" },
          bottom: 0,
          py: { xs: 1.5, sm: 0 },
          bgcolor: "background.default",
          zIndex: 1,
        }}
      >
        <Button
          variant={check.isFresh ? "outlined" : "contained"}
          size="large"
          disabled={!canJoin}
          loading={isJoining || check.isStarting}
          onClick={() => {
            onJoin(check.handOver());
          }}
          sx={{ minWidth: 200, width: { xs: "100%", sm: "auto" } }}
        >
          {t("check.join")}
        </Button>
      </Box>
    </Stack>
  );
}

function missing(microphone: boolean, camera: boolean) {
  if (microphone && camera) return "both";
  if (camera) return "camera";
  return microphone ? "microphone" : null;
}
