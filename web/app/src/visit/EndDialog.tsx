/** Asks before the visit is ended for all. */

import { Button, Dialog, DialogActions, DialogContent, DialogContentText, DialogTitle } from "@mui/material";
import { useId } from "react";
import { useTranslation } from "react-i18next";

export function EndDialog({ onConfirm, onClose }: { onConfirm: () => void; onClose: () => void }) {
  const { t } = useTranslation();
  const titleId = useId();
  return (
    <Dialog open onClose={onClose} aria-labelledby={titleId} fullWidth maxWidth="xs">
      <DialogTitle id={titleId}>{t("visit.endTitle")}</DialogTitle>
      <DialogContent>
        <DialogContentText>{t("visit.endText")}</DialogContentText>
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose}>{t("action.cancel")}</Button>
        <Button variant="contained" color="error" onClick={onConfirm}>
          {t("visit.endConfirm")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
