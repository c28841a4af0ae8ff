/** A moderator asks to switch something on. Nothing is on before this person says yes. */

import type { AskedSource, Call, CallView } from "@bedside/sdk";
import { Alert, Button } from "@mui/material";
import { useTranslation } from "react-i18next";

import type { NameOf } from "./use-names";

export function AskedNotice({ call, view, nameOf }: { call: Call; view: CallView; nameOf: NameOf }) {
  const { t } = useTranslation();
  const accept = (source: AskedSource) =>
    void (source === "microphone" ? call.setMicrophoneOn(true) : call.setCameraOn(true));
  return view.asked.map((asked) => {
    const { source } = asked;
    return (
      <Alert
        key={source}
        severity="info"
        // Announced by `useModerationNotices`.
        role="group"
        sx={{ borderRadius: 0, alignItems: "center", flexWrap: "wrap", flexShrink: 0 }}
        action={
          <>
            <Button
              variant="contained"
              onClick={() => {
                accept(source);
              }}
            >
              {t(`visit.moderation.asked.accept.${source}`)}
            </Button>
            <Button
              color="inherit"
              onClick={() => {
                call.decline(source);
              }}
            >
              {t("visit.moderation.asked.decline")}
            </Button>
          </>
        }
      >
        {t(`visit.moderation.asked.${source}`, { name: nameOf(asked) })}
      </Alert>
    );
  });
}
