/** Asks before somebody is taken out of the visit. */

import { Button, Dialog, DialogActions, DialogContent, DialogContentText, DialogTitle } from "@mui/material";
import { useId } from "react";
import { useTranslation } from "react-i18next";

export function RemoveDialog({
  name,
  onConfirm,
  onClose,
}: {
  name: string;
  onConfirm: () => void;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const titleId = useId();
  return (
    <Dialog open onClose={onClose} aria-labelledby={titleId} fullWidth maxWidth="xs">
      <DialogTitle id={titleId}>{t("visit.moderation.remove.title", { name })}</DialogTitle>
      <DialogContent>
        <DialogContentText>{t("visit.moderation.remove.text")}</DialogContentText>
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose}>{t("action.cancel")}</Button>
        <Button variant="contained" color="error" onClick={onConfirm}>
          {t("visit.moderation.remove.confirm")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
