/** Invites a guest by link, and withdraws links. */

import {
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogContentText,
  DialogTitle,
  Stack,
} from "@mui/material";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";

import { inviteGuest } from "../api/endpoints";
import type { Appointment } from "../api/model";
import { ErrorNotice } from "../errors/ErrorNotice";
import { FormField } from "../layout/FormField";
import { GuestLinkField } from "./GuestLinkField";
import { GuestList, guestsKey } from "./GuestList";

export function GuestDialog({ appointment, onClose }: { appointment: Appointment; onClose: () => void }) {
  const { t } = useTranslation();
  const titleId = useId();
  const formId = useId();
  const client = useQueryClient();
  const { control, handleSubmit, reset } = useForm({ defaultValues: { name: "", relation: "" } });
  const invite = useMutation({
    mutationFn: ({ name, relation }: { name: string; relation: string }) =>
      inviteGuest(appointment.id, {
        name: name.trim(),
        ...(relation.trim() !== "" && { relation: relation.trim() }),
      }),
    onSuccess: () => {
      reset();
      return client.invalidateQueries({ queryKey: guestsKey(appointment.id) });
    },
  });

  return (
    <Dialog open onClose={onClose} aria-labelledby={titleId} fullWidth maxWidth="sm">
      <DialogTitle id={titleId}>{t("guests.title")}</DialogTitle>
      <DialogContent>
        <DialogContentText sx={{ mb: 2 }}>{t("guests.lead")}</DialogContentText>
        {invite.isError && <ErrorNotice error={invite.error} />}
        {invite.data ? (
          <GuestLinkField guest={invite.data} />
        ) : (
          <Stack
            component="form"
            id={formId}
            noValidate
            spacing={2}
            sx={{ pt: 1 }}
            onSubmit={handleSubmit((fields) => {
              invite.mutate(fields);
            })}
          >
            <FormField
              control={control}
              name="name"
              label={t("guests.name")}
              rules={{ validate: (name) => name.trim() !== "" || t("guests.nameRequired") }}
              slotProps={{ htmlInput: { maxLength: 100 } }}
            />
            <FormField
              control={control}
              name="relation"
              label={t("guests.relation")}
              helperText={t("guests.relationHelp")}
              slotProps={{ htmlInput: { maxLength: 100 } }}
            />
          </Stack>
        )}
        <GuestList appointmentId={appointment.id} />
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose}>{t("action.close")}</Button>
        {invite.data ? (
          <Button
            onClick={() => {
              invite.reset();
            }}
          >
            {t("guests.another")}
          </Button>
        ) : (
          <Button type="submit" form={formId} variant="contained" loading={invite.isPending}>
            {t("guests.create")}
          </Button>
        )}
      </DialogActions>
    </Dialog>
  );
}
