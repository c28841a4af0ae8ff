/** A fresh guest link. The secret in it is shown once, here. */

import { mdiContentCopy } from "@mdi/js";
import { Alert, Button, Stack, TextField } from "@mui/material";
import { useTranslation } from "react-i18next";

import type { GuestLink } from "../api/model";
import { useAnnounce } from "../layout/announcer";
import { Icon } from "../layout/Icon";
import { useTimes } from "../time/use-times";
import { useCopy } from "./use-copy";

export function GuestLinkField({ guest }: { guest: GuestLink }) {
  const { t } = useTranslation();
  const times = useTimes();
  const announce = useAnnounce();
  const { isCopied, copy } = useCopy();
  return (
    <Stack spacing={1.5} sx={{ pt: 1 }}>
      <TextField
        label={t("guests.link", { name: guest.name })}
        helperText={t("guests.linkHelp", { time: times.timeWithZone(guest.expires_at) })}
        value={guest.link}
        onFocus={(event) => {
          event.target.select();
        }}
        slotProps={{ htmlInput: { readOnly: true } }}
      />
      <Button
        variant="contained"
        startIcon={<Icon path={mdiContentCopy} />}
        onClick={async () => {
          if (await copy(guest.link)) announce(t("guests.copied"));
        }}
        sx={{ alignSelf: "flex-start" }}
      >
        {t("guests.copy")}
      </Button>
      {isCopied && <Alert severity="success">{t("guests.copied")}</Alert>}
    </Stack>
  );
}
