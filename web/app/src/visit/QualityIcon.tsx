/** A connection's grade, as bars and words. */

import type { Grade } from "@bedside/sdk";
import { mdiSignalCellular1, mdiSignalCellular2, mdiSignalCellular3, mdiSignalOff } from "@mdi/js";
import { useTranslation } from "react-i18next";

import { LabelledIcon } from "../layout/LabelledIcon";

const BARS = {
  good: mdiSignalCellular3,
  fair: mdiSignalCellular2,
  poor: mdiSignalCellular1,
  lost: mdiSignalOff,
} as const satisfies Record<Grade, string>;

export function QualityIcon({ grade }: { grade: Grade }) {
  const { t } = useTranslation();
  return <LabelledIcon path={BARS[grade]} label={t(`visit.quality.${grade}`)} />;
}
