/** The last step of booking: look once more, say what it is about, book. A conflict offers other times. */

import {
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  Stack,
  TextField,
  Typography,
} from "@mui/material";
import { useId } from "react";
import { useTranslation } from "react-i18next";

import type { Appointment, Slot } from "../api/model";
import { ErrorNotice } from "../errors/ErrorNotice";
import { useTimes } from "../time/use-times";
import { Alternatives } from "./Alternatives";
import { alternativesOf, type Choice, useBook } from "./booking";

/** The control plane's own bound. */
const REASON_CHARS_MAX = 2_000;

export function BookDialog({
  practitioner,
  choice,
  onChoose,
  onBooked,
  onClose,
}: {
  practitioner: { id: string; name: string; zone: string };
  choice: Choice;
  onChoose: (slot: Slot) => void;
  onBooked: (appointment: Appointment) => Promise<void>;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const times = useTimes();
  const titleId = useId();
  const { booking, reason, setReason } = useBook(practitioner.id);
  // It may be booked already: trying again sends the same, which books once.
  const isSent = !booking.isIdle;
  const { start, end } = choice.slot;
  const elsewhere = times.elsewhere(start, practitioner.zone);
  const alternatives = alternativesOf(booking.error);

  return (
    <Dialog open onClose={onClose} aria-labelledby={titleId} fullWidth maxWidth="xs">
      <DialogTitle id={titleId}>{choice.isNow ? t("book.confirmNow") : t("book.confirmTitle")}</DialogTitle>
      <DialogContent>
        <Stack spacing={2}>
          <div>
            <Typography sx={{ fontWeight: 650, fontSize: "1.125rem" }}>{times.day(start)}</Typography>
            <Typography sx={{ fontWeight: 650, fontSize: "1.125rem", color: "primary.main" }}>
              {`${times.range(start, end)} ${times.zoneAbbreviation(start)}`}
            </Typography>
            <Typography>{t("visits.with", { name: practitioner.name })}</Typography>
            {elsewhere !== null && (
              <Typography color="text.secondary">
                {t("time.elsewhere", { time: elsewhere, who: practitioner.name })}
              </Typography>
            )}
          </div>
          {alternatives !== null && <Alternatives slots={alternatives} onChoose={onChoose} />}
          {booking.isError && alternatives === null && <ErrorNotice error={booking.error} />}
          {alternatives === null && (
            <TextField
              label={t("book.reason")}
              helperText={t(isSent ? "book.reasonSent" : "book.reasonHelp", { name: practitioner.name })}
              multiline
              minRows={2}
              value={reason}
              slotProps={{ htmlInput: { maxLength: REASON_CHARS_MAX, readOnly: isSent } }}
              onChange={(event) => {
                setReason(event.target.value);
              }}
            />
          )}
        </Stack>
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose}>{t("action.cancel")}</Button>
        {alternatives === null && (
          <Button
            variant="contained"
            loading={booking.isPending}
            onClick={() => {
              booking.mutate(choice, { onSuccess: (booked) => void onBooked(booked) });
            }}
          >
            {t("book.confirm")}
          </Button>
        )}
      </DialogActions>
    </Dialog>
  );
}
