/** Says calmly that the sign-in is about to end, and keeps it. */

import { Button, Dialog, DialogActions, DialogContent, DialogContentText, DialogTitle } from "@mui/material";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Session } from "../api/model";
import { useTimes } from "../time/use-times";
import { useIdle } from "./use-idle";

export function IdleDialog({ session }: { session: Session }) {
  const { t } = useTranslation();
  const times = useTimes();
  const { endsAt, stay } = useIdle(session);
  const titleId = useId();
  const textId = useId();
  /** An end that stays could not put off: the longest sign-in is over. */
  const [last, setLast] = useState<number | null>(null);
  const [isClosed, setClosed] = useState(false);
  if (endsAt === null) return null;
  const isLast = last === endsAt.getTime();
  return (
    <Dialog
      open={!(isLast && isClosed)}
      role="alertdialog"
      aria-labelledby={titleId}
      aria-describedby={textId}
      fullWidth
      maxWidth="xs"
    >
      <DialogTitle id={titleId}>{t("idle.title")}</DialogTitle>
      <DialogContent>
        <DialogContentText id={textId}>
          {t(isLast ? "idle.last" : "idle.text", { time: times.timeWithZone(endsAt) })}
        </DialogContentText>
      </DialogContent>
      <DialogActions>
        <Button
          variant="contained"
          onClick={() => {
            if (isLast) {
              setClosed(true);
              return;
            }
            void stay().then((isAsked) => {
              if (isAsked) setLast(endsAt.getTime());
            });
          }}
        >
          {isLast ? t("action.close") : t("idle.stay")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
