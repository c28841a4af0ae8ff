/** A request failed: what happened, and what to do, in words. */

import { Alert, Button } from "@mui/material";
import { useTranslation } from "react-i18next";

import { problemText } from "../i18n/problem-text";

export function ErrorNotice({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation();
  return (
    <Alert
      severity="error"
      // On a narrow page the button goes below the words.
      sx={{ flexWrap: "wrap", "& .MuiAlert-message": { flex: "1 1 200px" } }}
      action={
        onRetry && (
          <Button color="inherit" onClick={onRetry}>
            {t("action.retry")}
          </Button>
        )
      }
    >
      {problemText(t, error)}
    </Alert>
  );
}
