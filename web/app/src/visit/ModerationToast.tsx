/** What a moderator has just done to this person, or an answer to what was asked. It is announced as well. */

import { Alert, Snackbar } from "@mui/material";
import { useTranslation } from "react-i18next";

/** Long enough to read twice; who has read it closes it. */
const SHOWN_FOR_MS = 10_000;

export function ModerationToast({ text, onClose }: { text: string | null; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Snackbar
      key={text}
      open={text !== null}
      autoHideDuration={SHOWN_FOR_MS}
      anchorOrigin={{ vertical: "top", horizontal: "center" }}
      onClose={(_, reason) => {
        if (reason !== "clickaway") onClose();
      }}
    >
      <Alert severity="info" role="none" closeText={t("action.close")} onClose={onClose}>
        {text}
      </Alert>
    </Snackbar>
  );
}
