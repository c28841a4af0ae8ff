/** Why a visit cannot be joined now: the control plane's reason, in words. */

import { Alert } from "@mui/material";
import { useTranslation } from "react-i18next";

import type { JoinWindow } from "../api/model";
import { useTimes } from "../time/use-times";

export function WindowNotice({ window: { open, problem, opens_at } }: { window: JoinWindow }) {
  const { t } = useTranslation();
  const times = useTimes();
  if (open || problem === null) return null;
  return (
    <Alert severity="info">{t(`visit.window.${problem}`, { time: times.timeWithZone(opens_at) })}</Alert>
  );
}
