/** Another microphone, camera or speaker, during the visit. */

import { type Call, type CallView, canChooseSpeaker } from "@bedside/sdk";
import { Button, Dialog, DialogActions, DialogContent, DialogTitle, Stack, Typography } from "@mui/material";
import { useId } from "react";
import { useTranslation } from "react-i18next";

import { DeviceSelect } from "../check/DeviceSelect";
import { LevelBar } from "../check/LevelBar";
import { useDeviceList } from "../check/use-device-list";

export function DevicesDialog({
  call,
  view: { microphone, camera },
  speakerId,
  onSpeaker,
  onClose,
}: {
  call: Call;
  view: CallView;
  speakerId: string | null;
  onSpeaker: (deviceId: string) => void;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const titleId = useId();
  const { list } = useDeviceList();
  const speakers = canChooseSpeaker() ? list.speakers : [];
  const hasChoice = [list.microphones, list.cameras, speakers].some(({ length }) => length > 1);
  return (
    <Dialog open onClose={onClose} aria-labelledby={titleId} fullWidth maxWidth="xs">
      <DialogTitle id={titleId}>{t("visit.devices")}</DialogTitle>
      <DialogContent>
        <Stack spacing={2.5} sx={{ pt: 1 }}>
          {!hasChoice && <Typography>{t("visit.devicesOne")}</Typography>}
          <DeviceSelect
            label={t("check.microphone")}
            devices={list.microphones}
            chosen={microphone.track?.getSettings().deviceId ?? null}
            onChoose={(id) => void call.setMicrophone(id)}
          />
          {microphone.isOn && microphone.track !== null && <LevelBar track={microphone.track} />}
          <DeviceSelect
            label={t("check.camera")}
            devices={list.cameras}
            chosen={camera.track?.getSettings().deviceId ?? null}
            onChoose={(id) => void call.setCamera(id)}
          />
          <DeviceSelect
            label={t("check.speaker")}
            devices={speakers}
            chosen={speakerId ?? speakers[0]?.deviceId ?? null}
            onChoose={onSpeaker}
          />
        </Stack>
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose}>{t("action.close")}</Button>
      </DialogActions>
    </Dialog>
  );
}
