/** How somebody's connection was in a visit: in words first, then drawn, then what was amiss and when. */

import { Card, Stack, Typography } from "@mui/material";
import { useId } from "react";
import { useTranslation } from "react-i18next";

import type { PersonQuality } from "../api/model";
import { useTimes } from "../time/use-times";
import { QualityPlot, TroubleRows } from "./QualityPlot";
import { DIRECTIONS, type Span, sumsOf, troublesOf } from "./timeline";
import { useDuration } from "./use-duration";

/** Of a line that was bad all the time, the first are enough to read. */
const TROUBLES_LISTED_MAX = 20;

export function PersonCard({ person, name, span }: { person: PersonQuality; name: string; span: Span }) {
  const { t, i18n } = useTranslation();
  const times = useTimes();
  const duration = useDuration();
  const heading = useId();
  const { stretches } = person;
  const troubles = troublesOf(stretches);
  const { seconds, amiss, lowest } = sumsOf(stretches);
  const score = new Intl.NumberFormat(i18n.language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const listed = troubles.slice(0, TROUBLES_LISTED_MAX);
  return (
    <Card component="section" aria-labelledby={heading} sx={{ p: { xs: 2, sm: 3 } }}>
      <Typography id={heading} variant="h2" sx={{ mb: 0.5 }}>
        {name}
      </Typography>
      <Typography sx={{ mb: 2 }}>
        {amiss === 0
          ? t("quality.good", { time: duration(seconds) })
          : t("quality.amiss", { amiss: duration(amiss), time: duration(seconds) })}
      </Typography>
      <Stack spacing={2.5}>
        {DIRECTIONS.map((direction) => {
          const title = t(`quality.direction.${direction}`, { name });
          const least = lowest[direction];
          const words =
            least === null ? t("quality.noScore") : t("quality.lowest", { score: score.format(least) });
          return (
            <div key={direction}>
              <Typography variant="h3" sx={{ mb: 1.5 }}>
                {title}
              </Typography>
              <Typography color="text.secondary" sx={{ mb: least === null ? 0 : 2 }}>
                {words}
              </Typography>
              {least !== null && (
                <QualityPlot
                  stretches={stretches}
                  direction={direction}
                  span={span}
                  label={`${title}. ${words}`}
                />
              )}
            </div>
          );
        })}
        <TroubleRows troubles={troubles} span={span} />
      </Stack>
      {troubles.length > 0 && (
        <>
          <Typography variant="h3" sx={{ mt: 2.5, mb: 0.5 }}>
            {t("quality.troubles")}
          </Typography>
          <Stack component="ul" spacing={0.5} sx={{ pl: 2.5, m: 0 }}>
            {listed.map(({ cause, from, until }) => (
              <li key={from}>
                {t("quality.trouble", {
                  at: times.time(new Date(from)),
                  time: duration(Math.round((until - from) / 1_000)),
                  cause: t(`quality.cause.${cause}`),
                })}
              </li>
            ))}
            {troubles.length > listed.length && (
              <li>{t("quality.more", { count: troubles.length - listed.length })}</li>
            )}
          </Stack>
        </>
      )}
    </Card>
  );
}
