/** A patient's first page: the next visit, then the others. */

import { Box, Stack, Typography } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Appointment } from "../api/model";
import { ErrorNotice } from "../errors/ErrorNotice";
import { Loading } from "../layout/Loading";
import { PageTitle } from "../layout/PageTitle";
import { useAccount } from "../session/session";
import { useNow } from "../time/use-now";
import { appointmentsQuery, divide } from "./appointments";
import { CancelDialog } from "./CancelDialog";
import { NextVisit } from "./NextVisit";
import { NoVisit } from "./NoVisit";
import { VisitRow } from "./VisitRow";

const DAY_MS = 86_400_000;

/** Half a year ahead is further than anybody books; a month back is what one looks up. */
function spanAround(now: number) {
  return {
    from: new Date(now - 30 * DAY_MS).toISOString(),
    until: new Date(now + 183 * DAY_MS).toISOString(),
  };
}

export function PatientHomePage() {
  const { t } = useTranslation();
  const { name } = useAccount();
  const [span] = useState(() => spanAround(Date.now()));
  const [toCancel, setToCancel] = useState<Appointment | null>(null);
  const appointments = useQuery(appointmentsQuery(span));
  const { upcoming, past } = divide(appointments.data ?? [], useNow(15_000));
  const [next, ...later] = upcoming;

  return (
    <>
      <PageTitle>{t("visits.title")}</PageTitle>
      <Typography color="text.secondary" sx={{ mb: 2 }}>
        {t("visits.greeting", { name })}
      </Typography>
      {appointments.isPending && <Loading />}
      {appointments.isError && (
        <ErrorNotice error={appointments.error} onRetry={() => void appointments.refetch()} />
      )}
      {appointments.data && (
        <Stack spacing={4}>
          {next === undefined ? <NoVisit /> : <NextVisit appointment={next} onCancel={setToCancel} />}
          {later.length > 0 && (
            <VisitList title={t("visits.later")} appointments={later} onCancel={setToCancel} />
          )}
          {past.length > 0 && <VisitList title={t("visits.past")} appointments={past} />}
        </Stack>
      )}
      {toCancel !== null && (
        <CancelDialog
          appointment={toCancel}
          onClose={() => {
            setToCancel(null);
          }}
        />
      )}
    </>
  );
}

function VisitList({
  title,
  appointments,
  onCancel,
}: {
  title: string;
  appointments: readonly Appointment[];
  onCancel?: (appointment: Appointment) => void;
}) {
  return (
    <Box component="section">
      <Typography variant="h2" sx={{ mb: 1.5 }}>
        {title}
      </Typography>
      <Stack component="ul" spacing={1.5} sx={{ listStyle: "none", p: 0, m: 0 }}>
        {appointments.map((appointment) => (
          <VisitRow key={appointment.id} appointment={appointment} {...(onCancel && { onCancel })} />
        ))}
      </Stack>
    </Box>
  );
}
