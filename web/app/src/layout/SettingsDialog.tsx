/** Language and time zone of the account. */

import {
  Autocomplete,
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  MenuItem,
  Stack,
  TextField,
} from "@mui/material";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";

import { changeAccount } from "../api/endpoints";
import type { Session } from "../api/model";
import { ErrorNotice } from "../errors/ErrorNotice";
import { LANGUAGES } from "../i18n/i18n";
import { SESSION_KEY, useAccount } from "../session/session";
import { zoneName } from "../time/zone";
import { useAnnounce } from "./announcer";

/** Every zone the browser knows, and the account's own, should it be an older name. */
function zones(own: string): string[] {
  return [...new Set([own, ...Intl.supportedValuesOf("timeZone")])].sort();
}

export function SettingsDialog({ onClose }: { onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const account = useAccount();
  const announce = useAnnounce();
  const client = useQueryClient();
  const titleId = useId();
  const [language, setLanguage] = useState(account.language);
  const [zone, setZone] = useState(account.time_zone);
  const save = useMutation({
    mutationFn: () => changeAccount({ language, time_zone: zone }),
    onSuccess: (changed) => {
      client.setQueryData<Session | null>(
        SESSION_KEY,
        (session) => session && { ...session, account: changed },
      );
      // In the language that holds from now on.
      announce(i18n.getFixedT(changed.language)("account.saved"));
      onClose();
    },
  });

  return (
    <Dialog open onClose={onClose} aria-labelledby={titleId} fullWidth maxWidth="xs">
      <DialogTitle id={titleId}>{t("account.settings")}</DialogTitle>
      <DialogContent>
        <Stack spacing={2.5} sx={{ pt: 1 }}>
          {save.isError && <ErrorNotice error={save.error} />}
          <TextField
            select
            label={t("account.language")}
            value={language}
            onChange={(event) => {
              setLanguage(event.target.value);
            }}
          >
            {Object.entries(LANGUAGES).map(([code, name]) => (
              <MenuItem key={code} value={code} lang={code}>
                {name}
              </MenuItem>
            ))}
          </TextField>
          <Autocomplete
            options={zones(account.time_zone)}
            value={zone}
            disableClearable
            getOptionLabel={zoneName}
            onChange={(_, chosen) => {
              setZone(chosen);
            }}
            renderInput={(parameters) => (
              <TextField
                {...parameters}
                label={t("account.timeZone")}
                helperText={t("account.timeZoneHelp")}
              />
            )}
          />
        </Stack>
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose}>{t("action.cancel")}</Button>
        <Button
          variant="contained"
          loading={save.isPending}
          onClick={() => {
            save.mutate();
          }}
        >
          {t("action.save")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
