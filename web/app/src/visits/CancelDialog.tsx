/** Asks before a visit is cancelled. */

import {
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogContentText,
  DialogTitle,
  Stack,
} from "@mui/material";
import { useId } from "react";
import { useTranslation } from "react-i18next";

import type { Appointment } from "../api/model";
import { ErrorNotice } from "../errors/ErrorNotice";
import { useAnnounce } from "../layout/announcer";
import { useTimes } from "../time/use-times";
import { useCancel } from "./appointments";

export function CancelDialog({ appointment, onClose }: { appointment: Appointment; onClose: () => void }) {
  const { t } = useTranslation();
  const times = useTimes();
  const announce = useAnnounce();
  const titleId = useId();
  const cancel = useCancel(() => {
    announce(t("visits.cancelled"));
    onClose();
  });

  return (
    <Dialog open onClose={onClose} aria-labelledby={titleId} fullWidth maxWidth="xs">
      <DialogTitle id={titleId}>{t("visits.cancelTitle")}</DialogTitle>
      <DialogContent>
        <Stack spacing={2}>
          {cancel.isError && <ErrorNotice error={cancel.error} />}
          <DialogContentText>
            {t("visits.cancelText", {
              day: times.day(appointment.start),
              time: times.timeWithZone(appointment.start),
              name: appointment.practitioner.name,
            })}
          </DialogContentText>
        </Stack>
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose}>{t("action.keep")}</Button>
        <Button
          variant="contained"
          color="error"
          loading={cancel.isPending}
          onClick={() => {
            cancel.mutate(appointment);
          }}
        >
          {t("visits.cancelConfirm")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
