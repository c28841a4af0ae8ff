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

/** What any finger hits (WCAG 2.2 2.5.8), in pixels. It reaches beyond the mark of 20, over what lies around it. */
const TARGET = 44;
const REACH = "-12px";

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
        sx={{
          width: TARGET,
          height: TARGET,
          margin: REACH,
          borderRadius: 0.5,
          "&:focus-visible": { outline: "2px solid #ffffff", outlineOffset: -8 },
        }}
      >
        <Icon path={BARS[grade]} fontSize="small" />
      </ButtonBase>
    </Tooltip>
  );
}
