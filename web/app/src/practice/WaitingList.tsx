/** Who waits, since when, and the way to them. */

import { mdiAccountClockOutline, mdiVideoOutline } from "@mdi/js";
import { Box, Button, Card, Stack, Typography } from "@mui/material";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import type { Appointment } from "../api/model";
import { Icon } from "../layout/Icon";
import { useTimes } from "../time/use-times";
import { waitingIn } from "./waiting";

export function WaitingList({ appointments, now }: { appointments: readonly Appointment[]; now: Date }) {
  const { t } = useTranslation();
  const times = useTimes();
  const waiting = waitingIn(appointments);
  return (
    <Box component="section">
      <Typography variant="h2" sx={{ mb: 1.5 }}>
        {t("practice.waiting")}
      </Typography>
      {waiting.length === 0 && <Typography color="text.secondary">{t("practice.nobodyWaiting")}</Typography>}
      <Stack component="ul" spacing={1.5} sx={{ listStyle: "none", p: 0, m: 0 }}>
        {waiting.map(({ appointment, presence }) => (
          <Card
            component="li"
            key={presence.seat}
            sx={{
              p: 2,
              display: "flex",
              flexWrap: "wrap",
              alignItems: "center",
              gap: 1.5,
              borderColor: "warning.main",
              bgcolor: "warning.light",
            }}
          >
            <Icon path={mdiAccountClockOutline} color="warning" />
            <Stack sx={{ flexGrow: 1, flexBasis: 200 }}>
              <Typography sx={{ fontWeight: 650 }}>{presence.name}</Typography>
              <Typography>
                {t("practice.waitingSince", {
                  time: times.time(presence.since),
                  count: Math.max(0, Math.floor((now.getTime() - Date.parse(presence.since)) / 60_000)),
                })}
              </Typography>
            </Stack>
            <Button
              component={Link}
              to={`/visit/${appointment.id}`}
              variant="contained"
              startIcon={<Icon path={mdiVideoOutline} />}
              aria-label={t("practice.openFor", { name: appointment.patient.name })}
            >
              {t("practice.open")}
            </Button>
          </Card>
        ))}
      </Stack>
    </Box>
  );
}
