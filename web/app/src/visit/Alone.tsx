/** Nobody else is here yet. */

import type { CallState } from "@bedside/sdk";
import { mdiSeatOutline } from "@mdi/js";
import { CircularProgress, Stack, Typography } from "@mui/material";
import { useTranslation } from "react-i18next";

import { Icon } from "../layout/Icon";

export function Alone({ state }: { state: CallState }) {
  const { t } = useTranslation();
  const isConnecting = state === "connecting" || state === "idle";
  return (
    <Stack
      sx={{
        flexGrow: 1,
        alignItems: "center",
        justifyContent: "center",
        textAlign: "center",
        gap: 1.5,
        p: 3,
      }}
    >
      {isConnecting ? (
        <>
          <CircularProgress aria-hidden />
          <Typography variant="h2" component="p">
            {t("visit.connecting")}
          </Typography>
        </>
      ) : (
        <>
          <Icon path={mdiSeatOutline} color="primary" sx={{ fontSize: 56 }} />
          <Typography variant="h2" component="p">
            {t("visit.alone")}
          </Typography>
          <Typography color="text.secondary">{t("visit.aloneLead")}</Typography>
        </>
      )}
    </Stack>
  );
}
