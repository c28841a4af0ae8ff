/** The second step of booking: a day, then a time of it, in the reader's own zone. */

import { Alert, Button, Stack, Typography } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useParams } from "react-router";

import type { Appointment } from "../api/model";
import { ErrorNotice } from "../errors/ErrorNotice";
import { useAnnounce } from "../layout/announcer";
import { Loading } from "../layout/Loading";
import { PageTitle } from "../layout/PageTitle";
import { useTimes } from "../time/use-times";
import { zoneName } from "../time/zone";
import { BookDialog } from "./BookDialog";
import { type Choice, choose, daysOf, practitionersQuery, slotsQuery } from "./booking";
import { BookNow } from "./BookNow";
import { DayPicker } from "./DayPicker";
import { SlotPicker } from "./SlotPicker";

export function BookPage() {
  const { t } = useTranslation();
  const { practitionerId = "" } = useParams();
  const times = useTimes();
  const navigate = useNavigate();
  const announce = useAnnounce();
  const [now] = useState(() => new Date());
  const [chosenDay, setChosenDay] = useState<string | null>(null);
  const [choice, setChoice] = useState<Choice | null>(null);
  const practitioners = useQuery(practitionersQuery);
  const slots = useQuery(slotsQuery(practitionerId, now.toISOString()));
  const practitioner = practitioners.data?.find(({ id }) => id === practitionerId);

  const done = async (appointment: Appointment) => {
    announce(
      t("book.booked", { day: times.day(appointment.start), time: times.timeWithZone(appointment.start) }),
    );
    await navigate(choice?.isNow === true ? `/visit/${appointment.id}` : "/");
  };

  const failure = practitioners.error ?? slots.error;
  if (failure) return <ErrorNotice error={failure} onRetry={() => void slots.refetch()} />;
  if (slots.data === undefined || practitioners.data === undefined) return <Loading />;

  const name = practitioner?.name ?? t("role.practitioner");
  const days = daysOf(slots.data.slots, times, now);
  const day = days.find(({ key }) => key === chosenDay) ?? days.find((one) => one.slots.length > 0);
  const zone = slots.data.practitioner_time_zone;
  const [first] = day?.slots ?? [];
  const elsewhere = first && times.elsewhere(first.start, zone);

  return (
    <>
      <PageTitle>{t("book.withName", { name })}</PageTitle>
      <Button component={Link} to="/book" sx={{ mb: 2, ml: -2.5 }}>
        {t("book.other")}
      </Button>
      <Stack spacing={3}>
        {slots.data.available_now && (
          <BookNow
            name={name}
            slot={slots.data.available_now}
            onChoose={(slot) => {
              setChoice(choose(slot, true));
            }}
          />
        )}
        {day === undefined ? (
          <Alert severity="info">{t("book.noTimes")}</Alert>
        ) : (
          <>
            <DayPicker days={days} chosen={day.key} onChoose={setChosenDay} />
            <SlotPicker
              day={day}
              onChoose={(slot) => {
                setChoice(choose(slot));
              }}
            />
            <Typography variant="body2" color="text.secondary">
              {t("time.zoneNote", { zone: zoneName(times.zone) })}{" "}
              {first &&
                elsewhere &&
                t("book.practitionerZone", {
                  name,
                  zone: zoneName(zone),
                  own: times.timeWithZone(first.start),
                  time: elsewhere,
                })}
            </Typography>
          </>
        )}
      </Stack>
      {choice !== null && (
        <BookDialog
          key={choice.idempotencyKey}
          practitioner={{ id: practitionerId, name, zone }}
          choice={choice}
          onChoose={(slot) => {
            setChoice(choose(slot));
          }}
          onBooked={done}
          onClose={() => {
            setChoice(null);
          }}
        />
      )}
    </>
  );
}
