/** The next visit, prominent, with the one button that matters. */

import { mdiVideoOutline } from "@mdi/js";
import { Box, Button, Card, Stack, Typography } from "@mui/material";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import type { Appointment } from "../api/model";
import { Icon } from "../layout/Icon";
import { useAccount } from "../session/session";
import { useTimes } from "../time/use-times";
import { StateChip } from "./StateChip";

export function NextVisit({
  appointment,
  onCancel,
}: {
  appointment: Appointment;
  onCancel: (appointment: Appointment) => void;
}) {
  const { t } = useTranslation();
  const times = useTimes();
  const { name: ownName } = useAccount();
  const { id, start, practitioner, join, presence, state } = appointment;
  const present = presence.filter(({ name }) => name !== ownName).map(({ name }) => name);

  return (
    <Card component="section" aria-labelledby="next-visit" sx={{ p: { xs: 2.5, sm: 3.5 } }}>
      <Stack direction="row" sx={{ justifyContent: "space-between", alignItems: "center", gap: 1, mb: 1 }}>
        <Typography id="next-visit" variant="h2" color="text.secondary">
          {t("visits.next")}
        </Typography>
        <StateChip state={state} />
      </Stack>
      <Typography component="p" sx={{ fontSize: { xs: "1.375rem", sm: "1.625rem" }, fontWeight: 650 }}>
        {times.day(start)}
        <Box component="span" sx={{ display: "block", color: "primary.main" }}>
          {times.timeWithZone(start)}
        </Box>
      </Typography>
      <Typography sx={{ mt: 0.5 }}>
        {t("visits.with", { name: practitioner.name })}
        <Typography component="span" color="text.secondary">
          {` · ${practitioner.specialty}`}
        </Typography>
      </Typography>
      <Typography color="text.secondary" sx={{ mt: 1.5, mb: 2.5 }}>
        {join.open ? t("visits.open") : t("visits.opensAt", { time: times.timeWithZone(join.opens_at) })}
        {present.map((name) => ` ${t("visits.present", { name })}`)}
      </Typography>
      <Stack direction={{ xs: "column", sm: "row" }} spacing={1.5}>
        <Button
          component={Link}
          to={`/visit/${id}`}
          variant={join.open ? "contained" : "outlined"}
          size="large"
          startIcon={<Icon path={mdiVideoOutline} />}
        >
          {join.open ? t("visits.join") : t("visits.prepare")}
        </Button>
        {state === "booked" && (
          <Button
            color="error"
            size="large"
            onClick={() => {
              onCancel(appointment);
            }}
          >
            {t("visits.cancel")}
          </Button>
        )}
      </Stack>
    </Card>
  );
}
