/** Nobody else is here yet. */

import type { CallState } from "@bedside/sdk";
import { mdiSeatOutline } from "@mdi/js";
import { CircularProgress } from "@mui/material";
import { useTranslation } from "react-i18next";

import { Icon } from "../layout/Icon";
import { Centred } from "./Centred";

export function Alone({ state }: { state: CallState }) {
  const { t } = useTranslation();
  if (state === "connecting" || state === "idle")
    return <Centred symbol={<CircularProgress aria-hidden />} title={t("visit.connecting")} />;
  return (
    <Centred
      symbol={<Icon path={mdiSeatOutline} color="primary" sx={{ fontSize: 56 }} />}
      title={t("visit.alone")}
      lead={t("visit.aloneLead")}
    />
  );
}
