/** How the connections of a visit were: for its practitioner, and for who looks after the clinic's network. */

import { Alert, Stack, Typography } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useParams } from "react-router";

import type { Appointment, PersonQuality } from "../api/model";
import { ErrorNotice } from "../errors/ErrorNotice";
import { Loading } from "../layout/Loading";
import { PageTitle } from "../layout/PageTitle";
import { useTimes } from "../time/use-times";
import { appointmentQuery } from "../visits/appointments";
import { PersonCard } from "./PersonCard";
import { visitQualityQuery } from "./quality";
import { spanOfAll } from "./timeline";

export function QualityPage() {
  const { t } = useTranslation();
  const times = useTimes();
  const { appointmentId = "" } = useParams();
  const appointment = useQuery({ ...appointmentQuery(appointmentId), refetchInterval: false });
  const quality = useQuery(visitQualityQuery(appointmentId));
  const failure = appointment.error ?? quality.error;
  const span = quality.data ? spanOfAll(quality.data.people) : null;
  const people = quality.data?.people.filter(({ stretches }) => stretches.length > 0) ?? [];
  return (
    <>
      <PageTitle>{t("quality.title")}</PageTitle>
      {(appointment.isPending || quality.isPending) && failure === null && <Loading />}
      {failure !== null && (
        <ErrorNotice
          error={failure}
          onRetry={() => {
            void appointment.refetch();
            void quality.refetch();
          }}
        />
      )}
      {appointment.data && quality.data && (
        <>
          <Typography color="text.secondary" sx={{ mb: 2.5 }}>
            {t("quality.of", {
              name: appointment.data.patient.name,
              day: times.day(appointment.data.start),
              time: times.range(appointment.data.start, appointment.data.end),
            })}
          </Typography>
          {span === null ? (
            <Alert severity="info">{t("quality.none")}</Alert>
          ) : (
            <Stack spacing={2.5}>
              <Typography>{t("quality.lead")}</Typography>
              {people.map((person, at) => (
                <PersonCard
                  key={person.seat}
                  person={person}
                  name={nameOf(person, at, people, appointment.data, t("role.guest"))}
                  span={span}
                />
              ))}
            </Stack>
          )}
        </>
      )}
    </>
  );
}

/** The timeline knows roles only; whoever reads it knows these two by the visit. */
function nameOf(
  { role }: PersonQuality,
  at: number,
  people: readonly PersonQuality[],
  { patient, practitioner }: Appointment,
  guest: string,
): string {
  if (role === "patient") return patient.name;
  if (role === "practitioner") return practitioner.name;
  const guests = people.filter((other) => other.role === role);
  if (guests.length === 1) return guest;
  return `${guest} ${String(people.slice(0, at + 1).filter((other) => other.role === role).length)}`;
}
