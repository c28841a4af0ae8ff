/** How speech sounded over time, and what was amiss below it: a row a cause, so that it is read without colours. */

import { Box, Stack, Typography } from "@mui/material";
import { useTranslation } from "react-i18next";

import type { QualityStretch } from "../api/model";
import { useTimes } from "../time/use-times";
import { CAUSES, type Direction, SCORE_MAX, SCORE_MIN, scorePath, type Span, type Trouble } from "./timeline";

/** Points of the score that have a line. */
const GRID = [SCORE_MAX, 4, 3, 2, SCORE_MIN];
const HEIGHT = 96;
const ROW_HEIGHT = 12;
/** As wide as "5" and some air: the plot and its time axis begin beside it. */
const AXIS = 3;

export function QualityPlot({
  stretches,
  direction,
  span,
  label,
}: {
  stretches: readonly QualityStretch[];
  direction: Direction;
  span: Span;
  label: string;
}) {
  const width = (span.until - span.from) / 1_000;
  return (
    <Box sx={{ display: "flex", height: HEIGHT }}>
      <Stack
        aria-hidden
        sx={{
          width: (theme) => theme.spacing(AXIS),
          flexShrink: 0,
          justifyContent: "space-between",
          my: "-0.7em",
        }}
      >
        {[SCORE_MAX, 3, SCORE_MIN].map((score) => (
          <Typography key={score} variant="body2" color="text.secondary">
            {score}
          </Typography>
        ))}
      </Stack>
      <Box
        component="svg"
        role="img"
        aria-label={label}
        viewBox={`0 0 ${String(width)} ${String(SCORE_MAX - SCORE_MIN)}`}
        preserveAspectRatio="none"
        sx={{ flexGrow: 1, minWidth: 0, overflow: "visible" }}
      >
        {GRID.map((score) => (
          <Box
            component="line"
            key={score}
            x1={0}
            x2={width}
            y1={SCORE_MAX - score}
            y2={SCORE_MAX - score}
            vectorEffect="non-scaling-stroke"
            sx={{ stroke: (theme) => theme.palette.divider }}
          />
        ))}
        <Box
          component="path"
          d={scorePath(stretches, direction, span.from)}
          fill="none"
          strokeWidth={2.5}
          strokeLinejoin="round"
          vectorEffect="non-scaling-stroke"
          sx={{ stroke: (theme) => theme.palette.primary.main }}
        />
      </Box>
    </Box>
  );
}

/** A row for each cause that there was, under the plots and on their time axis. */
export function TroubleRows({ troubles, span }: { troubles: readonly Trouble[]; span: Span }) {
  const { t } = useTranslation();
  const times = useTimes();
  const width = (span.until - span.from) / 1_000;
  const causes = CAUSES.filter((cause) => troubles.some((trouble) => trouble.cause === cause));
  return (
    <Box aria-hidden sx={{ pl: AXIS }}>
      {causes.map((cause) => (
        <Box key={cause} sx={{ mt: 1 }}>
          <Typography variant="body2">{t(`quality.cause.${cause}`)}</Typography>
          <Box
            component="svg"
            viewBox={`0 0 ${String(width)} 1`}
            preserveAspectRatio="none"
            sx={{ display: "block", width: "100%", height: ROW_HEIGHT, bgcolor: "background.default" }}
          >
            {troubles
              .filter((trouble) => trouble.cause === cause)
              .map(({ from, until }) => (
                <Box
                  component="rect"
                  key={from}
                  x={(from - span.from) / 1_000}
                  width={(until - from) / 1_000}
                  height={1}
                  sx={{ fill: (theme) => theme.palette.warning.main }}
                />
              ))}
          </Box>
        </Box>
      ))}
      <Stack direction="row" sx={{ justifyContent: "space-between", mt: 0.5 }}>
        {[span.from, span.until].map((at) => (
          <Typography key={at} variant="body2" color="text.secondary">
            {times.time(new Date(at))}
          </Typography>
        ))}
      </Stack>
    </Box>
  );
}
