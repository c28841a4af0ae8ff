/**
 * How a connection is, as bars and words; where something is amiss also why, and what to try. Nothing while nothing is known.
 */

import type { Grade, Quality } from "@bedside/sdk";
import { mdiSignalCellular1, mdiSignalCellular2, mdiSignalCellular3, mdiSignalOff } from "@mdi/js";
import { ButtonBase, Tooltip } from "@mui/material";
import { useTranslation } from "react-i18next";

import { Icon } from "../layout/Icon";
import { LabelledIcon } from "../layout/LabelledIcon";
import { useQualityWords } from "./use-quality-words";

const BARS = {
  good: mdiSignalCellular3,
  fair: mdiSignalCellular2,
  poor: mdiSignalCellular1,
  lost: mdiSignalOff,
} as const satisfies Record<Grade, string>;

/** On a touch screen: long enough to read it. */
const SHOWN_FOR_MS = 8_000;

/** `name`: whose it is; `null` for the own. */
export function QualityIcon({ quality, name }: { quality: Quality; name: string | null }) {
  const { t } = useTranslation();
  const words = useQualityWords();
  const { grade, cause } = quality;
  if (grade === null) return null;
  if (cause === null) return <LabelledIcon path={BARS[grade]} label={t(`visit.quality.${grade}`)} />;
  return (
    // Its words are the button's name, so that they are there without a pointer too.
    <Tooltip
      title={words(quality, name)}
      enterTouchDelay={0}
      leaveTouchDelay={SHOWN_FOR_MS}
      slotProps={{ tooltip: { sx: { fontSize: "0.9375rem" } } }}
    >
      <ButtonBase
        sx={{ borderRadius: 0.5, "&:focus-visible": { outline: "2px solid #ffffff", outlineOffset: 2 } }}
      >
        <Icon path={BARS[grade]} fontSize="small" />
      </ButtonBase>
    </Tooltip>
  );
}
