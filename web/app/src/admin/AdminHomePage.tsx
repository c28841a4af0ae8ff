/** The overview of a clinic: its practitioners, and its visits without their reasons. */

import { Stack, Typography } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { ErrorNotice } from "../errors/ErrorNotice";
import { Loading } from "../layout/Loading";
import { PageTitle } from "../layout/PageTitle";
import { practitionersQuery } from "../booking/booking";
import { qualitySummaryQuery } from "../quality/quality";
import { useAccount } from "../session/session";
import { useNow } from "../time/use-now";
import { useTimes } from "../time/use-times";
import { addDays, startOfDay } from "../time/zone";
import { appointmentsQuery } from "../visits/appointments";
import { AppointmentTable } from "./AppointmentTable";
import { PractitionerTable } from "./PractitionerTable";
import { QualityTable } from "./QualityTable";

/** A visit can be joined until four hours after its start: one of last night may still run. */
const JOINABLE_MS = 5 * 3_600_000;

export function AdminHomePage() {
  const { t } = useTranslation();
  const times = useTimes();
  const today = times.dayKey(useNow(30_000));
  const practitioners = useQuery(practitionersQuery);
  const appointments = useQuery(
    appointmentsQuery({
      from: new Date(startOfDay(today, times.zone).getTime() - JOINABLE_MS).toISOString(),
      until: startOfDay(addDays(today, 14), times.zone).toISOString(),
    }),
  );
  // Staff run the day, admins look after the clinic's network too.
  const isAdmin = useAccount().role === "admin";
  const quality = useQuery({ ...qualitySummaryQuery, enabled: isAdmin });
  const visits = appointments.data?.filter(({ start, join }) => join.open || times.dayKey(start) >= today);
  const failure = practitioners.error ?? appointments.error ?? quality.error;
  const retry = () => {
    for (const query of [practitioners, appointments, quality]) if (query.isError) void query.refetch();
  };
  return (
    <>
      <PageTitle>{t("admin.title")}</PageTitle>
      {failure && <ErrorNotice error={failure} onRetry={retry} />}
      {(practitioners.isPending || appointments.isPending) && <Loading />}
      <Stack spacing={4}>
        {visits && (
          <section>
            <Typography variant="h2" id="admin-appointments" sx={{ mb: 1.5 }}>
              {t("admin.appointments")}
            </Typography>
            <AppointmentTable appointments={visits} labelledBy="admin-appointments" showsQuality={isAdmin} />
          </section>
        )}
        {practitioners.data && (
          <section>
            <Typography variant="h2" id="admin-practitioners" sx={{ mb: 1.5 }}>
              {t("admin.practitioners")}
            </Typography>
            <PractitionerTable practitioners={practitioners.data} labelledBy="admin-practitioners" />
          </section>
        )}
        {quality.data && (
          <section>
            <Typography variant="h2" id="admin-quality" sx={{ mb: 1.5 }}>
              {t("admin.quality")}
            </Typography>
            <QualityTable summary={quality.data} labelledBy="admin-quality" />
          </section>
        )}
      </Stack>
    </>
  );
}
