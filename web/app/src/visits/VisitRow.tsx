/** One visit of a list. */

import { Button, Card, Stack, Typography } from "@mui/material";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import type { Appointment } from "../api/model";
import { useTimes } from "../time/use-times";
import { StateChip } from "./StateChip";

export function VisitRow({
  appointment,
  onCancel,
}: {
  appointment: Appointment;
  onCancel?: (appointment: Appointment) => void;
}) {
  const { t } = useTranslation();
  const times = useTimes();
  const { id, start, practitioner, state, join } = appointment;
  return (
    <Card
      component="li"
      sx={{ p: 2, display: "flex", flexWrap: "wrap", alignItems: "center", gap: 1.5, columnGap: 2 }}
    >
      <Stack sx={{ flexGrow: 1, flexBasis: 220 }}>
        <Typography sx={{ fontWeight: 600 }}>
          {times.day(start)}, {times.timeWithZone(start)}
        </Typography>
        <Typography color="text.secondary">{t("visits.with", { name: practitioner.name })}</Typography>
      </Stack>
      <StateChip state={state} />
      {join.open && (
        <Button component={Link} to={`/visit/${id}`} variant="contained">
          {t("visits.join")}
        </Button>
      )}
      {onCancel && state === "booked" && (
        <Button
          color="error"
          aria-label={`${t("visits.cancel")}: ${times.day(start)}, ${times.time(start)}`}
          onClick={() => {
            onCancel(appointment);
          }}
        >
          {t("visits.cancel")}
        </Button>
      )}
    </Card>
  );
}
