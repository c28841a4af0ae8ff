/** A device that could not be turned on, or went away during the visit. */

import type { CallView } from "@bedside/sdk";
import { Alert } from "@mui/material";
import { useTranslation } from "react-i18next";

const SOURCES = ["microphone", "camera", "screen"] as const;

export function LocalProblems({ view }: { view: CallView }) {
  const { t } = useTranslation();
  return SOURCES.map((source) => {
    const { problem } = view[source];
    if (problem === null) return null;
    return (
      <Alert key={source} severity="warning" sx={{ borderRadius: 0 }}>
        {t(`device.${source}.${problem}`)}
      </Alert>
    );
  });
}
