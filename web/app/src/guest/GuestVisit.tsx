/** The visit of a guest whose link is complete. */

import { Alert, Typography } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import { joinAsGuest, listPeopleAsGuest, readGuestVisit } from "../api/endpoints";
import { pace } from "../api/polling";
import { isRefusal } from "../api/problem";
import { ErrorNotice } from "../errors/ErrorNotice";
import { Loading } from "../layout/Loading";
import { Page } from "../layout/Page";
import { PageTitle } from "../layout/PageTitle";
import { useTimes } from "../time/use-times";
import type { Gate } from "../visit/gate";
import { VisitFlow } from "../visit/VisitFlow";

/** A guest who came early sees the door open this soon. */
const ASK_EVERY_MS = 10_000;

export function GuestVisit({ secret }: { secret: string }) {
  const { t } = useTranslation();
  const times = useTimes();
  const { data, error, refetch } = useQuery({
    // One guest a page: the secret itself stays out of the cache's keys.
    queryKey: ["guest-visit"],
    queryFn: () => readGuestVisit(secret),
    refetchInterval: (query) => (isRefusal(query.state.error) ? false : pace(ASK_EVERY_MS)),
  });

  const gate = useMemo<Gate | null>(
    () =>
      data === undefined
        ? null
        : {
            join: () => joinAsGuest(secret),
            people: () => listPeopleAsGuest(secret),
            window: data.appointment.join,
            refresh: () => void refetch(),
          },
    [data, secret, refetch],
  );

  if (data === undefined || gate === null) {
    return (
      <Page>
        <PageTitle>{t("guest.title")}</PageTitle>
        {error === null && <Loading />}
        {isRefusal(error) && <Alert severity="warning">{t("guest.badLink")}</Alert>}
        {error !== null && !isRefusal(error) && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      </Page>
    );
  }
  const { appointment, name } = data;
  return (
    <Page width="lg">
      <VisitFlow
        gate={gate}
        header={
          <>
            <PageTitle>{t("guest.hello", { name })}</PageTitle>
            <Typography>
              {t("guest.lead", {
                practitioner: appointment.practitioner_name,
                clinic: appointment.clinic_name,
              })}
            </Typography>
            <Typography color="text.secondary" sx={{ mb: 3 }}>
              {t("visit.scheduled", {
                day: times.day(appointment.start),
                time: times.timeWithZone(appointment.start),
              })}
            </Typography>
          </>
        }
      />
    </Page>
  );
}
