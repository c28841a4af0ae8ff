/** The guests of a visit, each with the way to withdraw the link. */

import { Button, List, ListItem, ListItemText, Typography } from "@mui/material";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { listGuests, revokeGuest } from "../api/endpoints";
import type { Guest } from "../api/model";
import { ErrorNotice } from "../errors/ErrorNotice";
import { useAnnounce } from "../layout/announcer";

export const guestsKey = (appointmentId: string) => ["guests", appointmentId];

export function GuestList({ appointmentId }: { appointmentId: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const announce = useAnnounce();
  const queryKey = guestsKey(appointmentId);
  const guests = useQuery({ queryKey, queryFn: () => listGuests(appointmentId) });
  const revoke = useMutation({
    mutationFn: (guest: Guest) => revokeGuest(appointmentId, guest.id),
    onSuccess: (_, { name }) => {
      announce(t("guests.revokedNow", { name }));
    },
    onSettled: () => client.invalidateQueries({ queryKey }),
  });
  if (guests.data === undefined || guests.data.length === 0) return null;
  return (
    <>
      <Typography variant="h3" component="h3" sx={{ mt: 3 }}>
        {t("guests.list")}
      </Typography>
      {revoke.isError && <ErrorNotice error={revoke.error} />}
      <List disablePadding>
        {guests.data.map((guest) => (
          <ListItem key={guest.id} disableGutters sx={{ gap: 1 }}>
            <ListItemText
              primary={guest.name}
              secondary={guest.revoked ? t("guests.revoked") : guest.relation}
              sx={{ overflowWrap: "anywhere" }}
            />
            {!guest.revoked && (
              <Button
                color="error"
                aria-label={t("guests.revokeFor", { name: guest.name })}
                onClick={() => {
                  revoke.mutate(guest);
                }}
                sx={{ flexShrink: 0, px: 1.5 }}
              >
                {t("guests.revoke")}
              </Button>
            )}
          </ListItem>
        ))}
      </List>
    </>
  );
}
