/** Locks the visit, or opens it again. */

import type { Call } from "@bedside/sdk";
import { FormControlLabel, Switch, Typography } from "@mui/material";
import { useId } from "react";
import { useTranslation } from "react-i18next";

export function LockSwitch({ call, isLocked }: { call: Call; isLocked: boolean }) {
  const { t } = useTranslation();
  const hintId = useId();
  return (
    <>
      <FormControlLabel
        label={t("visit.moderation.moderate.lock")}
        control={
          <Switch
            checked={isLocked}
            slotProps={{ input: { "aria-describedby": hintId } }}
            onChange={(_, locked) => {
              call.moderate({ kind: "lock", locked });
            }}
          />
        }
      />
      <Typography id={hintId} variant="body2" color="text.secondary">
        {t("visit.moderation.moderate.lockHint")}
      </Typography>
    </>
  );
}
