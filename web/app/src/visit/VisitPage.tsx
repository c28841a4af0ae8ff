/** The visit of somebody with an account. */

import { Box, Container, Typography } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useParams } from "react-router";

import { joinAppointment, listPeople } from "../api/endpoints";
import { isProblem } from "../api/problem";
import { ErrorNotice } from "../errors/ErrorNotice";
import { NotFoundPage } from "../errors/NotFoundPage";
import { Loading } from "../layout/Loading";
import { Page } from "../layout/Page";
import { PageTitle } from "../layout/PageTitle";
import { useAccount } from "../session/session";
import { useTimes } from "../time/use-times";
import { appointmentQuery } from "../visits/appointments";
import type { Gate } from "./gate";
import { VisitFlow } from "./VisitFlow";

export function VisitPage() {
  const { t } = useTranslation();
  const times = useTimes();
  const { role } = useAccount();
  const { appointmentId = "" } = useParams();
  const { data: appointment, error, refetch } = useQuery(appointmentQuery(appointmentId));

  const gate = useMemo<Gate | null>(
    () =>
      appointment === undefined
        ? null
        : {
            join: () => joinAppointment(appointmentId),
            people: () => listPeople(appointmentId),
            window: appointment.join,
            refresh: () => void refetch(),
          },
    [appointment, appointmentId, refetch],
  );

  if (isProblem(error, "not-found")) return <NotFoundPage />;
  if (gate === null || appointment === undefined) {
    if (error === null) return <Loading />;
    return (
      <Page>
        <ErrorNotice error={error} onRetry={() => void refetch()} />
      </Page>
    );
  }
  const name = role === "practitioner" ? appointment.patient.name : appointment.practitioner.name;
  return (
    <Container component="main" id="content" maxWidth="lg" sx={{ py: { xs: 2, sm: 3 }, minHeight: "100%" }}>
      <VisitFlow
        gate={gate}
        header={
          <Box sx={{ mb: 3 }}>
            <PageTitle>{t("visit.titleWith", { name })}</PageTitle>
            <Typography color="text.secondary">
              {t("visit.scheduled", {
                day: times.day(appointment.start),
                time: times.timeWithZone(appointment.start),
              })}
            </Typography>
          </Box>
        }
      />
    </Container>
  );
}
