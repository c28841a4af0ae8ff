/** One visit of today. */

import { mdiAccountPlusOutline, mdiSignalCellular3, mdiVideoOutline } from "@mdi/js";
import { Button, Card, Stack, Typography } from "@mui/material";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import type { Appointment } from "../api/model";
import { Icon } from "../layout/Icon";
import { useTimes } from "../time/use-times";
import { StateChip } from "../visits/StateChip";

export function TodayRow({
  appointment,
  onInvite,
}: {
  appointment: Appointment;
  onInvite: (appointment: Appointment) => void;
}) {
  const { t } = useTranslation();
  const times = useTimes();
  const { id, start, end, state, patient, reason, presence, join } = appointment;
  const isOpen = state === "booked" || state === "in_progress";
  const hasBegun = state === "in_progress" || state === "completed";
  return (
    <Card component="li" sx={{ p: 2 }}>
      <Stack direction="row" sx={{ flexWrap: "wrap", alignItems: "center", gap: 1.5 }}>
        <Typography sx={{ fontWeight: 650, minWidth: 128, fontVariantNumeric: "tabular-nums" }}>
          {times.range(start, end)}
        </Typography>
        <Stack sx={{ flexGrow: 1, flexBasis: 180 }}>
          <Typography sx={{ fontWeight: 600 }}>{patient.name}</Typography>
          {reason && <Typography color="text.secondary">{t("practice.reason", { reason })}</Typography>}
          {presence.length > 0 && (
            <Typography color="text.secondary">
              {t("practice.inRoom", { names: presence.map(({ name }) => name).join(", ") })}
            </Typography>
          )}
        </Stack>
        <StateChip state={state} />
      </Stack>
      {(isOpen || hasBegun) && (
        <Stack direction="row" sx={{ flexWrap: "wrap", gap: 1, mt: 1.5 }}>
          {isOpen && (
            <>
              <Button
                component={Link}
                to={`/visit/${id}`}
                variant={join.open ? "contained" : "outlined"}
                startIcon={<Icon path={mdiVideoOutline} />}
                aria-label={t("practice.openFor", { name: patient.name })}
              >
                {t("practice.open")}
              </Button>
              <Button
                startIcon={<Icon path={mdiAccountPlusOutline} />}
                aria-label={t("practice.inviteFor", { name: patient.name })}
                onClick={() => {
                  onInvite(appointment);
                }}
              >
                {t("practice.invite")}
              </Button>
            </>
          )}
          {hasBegun && (
            <Button
              component={Link}
              to={`/quality/${id}`}
              startIcon={<Icon path={mdiSignalCellular3} />}
              aria-label={t("quality.openFor", { name: patient.name })}
            >
              {t("quality.open")}
            </Button>
          )}
        </Stack>
      )}
    </Card>
  );
}
