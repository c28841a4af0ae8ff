/** How connections were, a day at a time: the share of people's time in which something was amiss, by what it was due to. */

import { TableCell, TableRow, Typography } from "@mui/material";
import { useTranslation } from "react-i18next";

import type { QualitySums, QualitySummary } from "../api/model";
import { DataTable } from "../layout/DataTable";
import { CAUSES } from "../quality/timeline";
import { useTimes } from "../time/use-times";
import { startOfDay } from "../time/zone";

export function QualityTable({ summary, labelledBy }: { summary: QualitySummary; labelledBy: string }) {
  const { t } = useTranslation();
  const times = useTimes();
  const days = summary.days.flatMap(({ day, sums }) => (sums ? [{ day, sums }] : []));
  const { total } = summary;
  return (
    <>
      <Typography color="text.secondary" sx={{ mb: 1.5 }}>
        {total ? t("admin.qualityLead") : t("admin.qualityTooFew")}
      </Typography>
      {total && (
        <DataTable
          labelledBy={labelledBy}
          columns={[
            t("admin.day"),
            t("admin.visits"),
            t("admin.time"),
            ...CAUSES.map((cause) => t(`quality.cause.${cause}`)),
          ]}
        >
          <Row label={t("admin.total")} sums={total} />
          {days.map(({ day, sums }) => (
            // A day of the clinic, called so in whatever zone it is read.
            <Row key={day} label={times.shortDay(startOfDay(day, times.zone))} sums={sums} />
          ))}
        </DataTable>
      )}
    </>
  );
}

function Row({ label, sums }: { label: string; sums: QualitySums }) {
  const { t, i18n } = useTranslation();
  const share = new Intl.NumberFormat(i18n.language, { style: "percent", maximumFractionDigits: 1 });
  const hours = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 1 });
  return (
    <TableRow>
      <TableCell component="th" scope="row" sx={{ whiteSpace: "nowrap" }}>
        {label}
      </TableCell>
      <TableCell>{sums.visits}</TableCell>
      <TableCell sx={{ whiteSpace: "nowrap" }}>
        {t("admin.hours", { hours: hours.format(sums.seconds / 3_600) })}
      </TableCell>
      {CAUSES.map((cause) => (
        <TableCell key={cause}>
          {share.format(sums[`${cause}_seconds`] / Math.max(1, sums.seconds))}
        </TableCell>
      ))}
    </TableRow>
  );
}
