/** A practitioner's first page: who waits, and today's visits. */

import { Stack, Typography } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Appointment } from "../api/model";
import { ErrorNotice } from "../errors/ErrorNotice";
import { Loading } from "../layout/Loading";
import { PageTitle } from "../layout/PageTitle";
import { useNow } from "../time/use-now";
import { useTimes } from "../time/use-times";
import { appointmentsQuery, byStart } from "../visits/appointments";
import { GuestDialog } from "./GuestDialog";
import { isOfDay, spanAround } from "./today";
import { TodayRow } from "./TodayRow";
import { useArrivals } from "./use-arrivals";
import { waitingIn } from "./waiting";
import { WaitingList } from "./WaitingList";

export function PractitionerHomePage() {
  const { t } = useTranslation();
  const times = useTimes();
  const now = useNow(30_000);
  const today = times.dayKey(now);
  const appointments = useQuery({
    ...appointmentsQuery(spanAround(today, times.zone)),
    // Who writes notes in another tab sees by this one's name that somebody has come.
    refetchIntervalInBackground: true,
  });
  const [inviteTo, setInviteTo] = useState<Appointment | null>(null);
  const list = useMemo(
    () => byStart(appointments.data ?? []).filter((appointment) => isOfDay(appointment, today, times)),
    [appointments.data, today, times],
  );
  useArrivals(list);

  return (
    <>
      <PageTitle news={waitingIn(list).length}>{t("practice.title")}</PageTitle>
      <Typography color="text.secondary" sx={{ mb: 2.5 }}>
        {times.day(now)}
      </Typography>
      {appointments.isPending && <Loading />}
      {appointments.isError && (
        <ErrorNotice error={appointments.error} onRetry={() => void appointments.refetch()} />
      )}
      {appointments.data && (
        <Stack spacing={4}>
          <WaitingList appointments={list} now={now} />
          <section>
            <Typography variant="h2" sx={{ mb: 1.5 }}>
              {t("practice.list")}
            </Typography>
            {list.length === 0 && <Typography color="text.secondary">{t("practice.empty")}</Typography>}
            <Stack component="ul" spacing={1.5} sx={{ listStyle: "none", p: 0, m: 0 }}>
              {list.map((appointment) => (
                <TodayRow key={appointment.id} appointment={appointment} onInvite={setInviteTo} />
              ))}
            </Stack>
          </section>
        </Stack>
      )}
      {inviteTo !== null && (
        <GuestDialog
          appointment={inviteTo}
          onClose={() => {
            setInviteTo(null);
          }}
        />
      )}
    </>
  );
}
