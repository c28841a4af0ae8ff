/** What goes on with the connection, as much of it as somebody would notice. */

import type { CallView } from "@bedside/sdk";
import { Alert } from "@mui/material";
import { useTranslation } from "react-i18next";

/** Loud while sound and picture are interrupted; quiet while only what the others do may be seen late. */
export function ConnectionNotice({ view }: { view: CallView }) {
  const { t } = useTranslation();
  const isInterrupted = view.state === "reconnecting";
  if (!isInterrupted && !view.isDetached) return null;
  return (
    // Over the picture: nothing moves when it comes and goes.
    <Alert
      severity={isInterrupted ? "warning" : "info"}
      role="none"
      sx={{ position: "absolute", top: 12, insetInline: 12, mx: "auto", width: "fit-content", zIndex: 1 }}
    >
      {t(isInterrupted ? "visit.reconnecting" : "visit.detached")}
    </Alert>
  );
}
