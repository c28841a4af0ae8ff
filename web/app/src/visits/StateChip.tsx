/** The state of an appointment: a word and a symbol, never a colour alone. */

import {
  mdiCalendarCheckOutline,
  mdiCalendarRemoveOutline,
  mdiCheckCircleOutline,
  mdiCloseCircleOutline,
  mdiVideoOutline,
} from "@mdi/js";
import { Chip } from "@mui/material";
import { useTranslation } from "react-i18next";

import type { AppointmentState } from "../api/model";
import { Icon } from "../layout/Icon";

const LOOKS = {
  booked: { icon: mdiCalendarCheckOutline, colour: "primary" },
  in_progress: { icon: mdiVideoOutline, colour: "success" },
  completed: { icon: mdiCheckCircleOutline, colour: "default" },
  cancelled: { icon: mdiCalendarRemoveOutline, colour: "default" },
  no_show: { icon: mdiCloseCircleOutline, colour: "warning" },
} as const satisfies Record<AppointmentState, unknown>;

export function StateChip({ state }: { state: AppointmentState }) {
  const { t } = useTranslation();
  const { icon, colour } = LOOKS[state];
  return (
    <Chip
      variant="outlined"
      color={colour}
      icon={<Icon path={icon} fontSize="small" />}
      label={t(`visits.state.${state}`)}
    />
  );
}
