/** The visits of a clinic. */

import { Button, TableCell, TableRow, Typography } from "@mui/material";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import type { Appointment } from "../api/model";
import { DataTable } from "../layout/DataTable";
import { useTimes } from "../time/use-times";
import { StateChip } from "../visits/StateChip";

export function AppointmentTable({
  appointments,
  labelledBy,
  showsQuality,
}: {
  appointments: readonly Appointment[];
  labelledBy: string;
  showsQuality: boolean;
}) {
  const { t } = useTranslation();
  const times = useTimes();
  if (appointments.length === 0) return <Typography color="text.secondary">{t("admin.none")}</Typography>;
  return (
    <DataTable
      labelledBy={labelledBy}
      columns={[
        t("admin.when"),
        t("admin.who"),
        t("admin.with"),
        t("admin.status"),
        ...(showsQuality ? [t("admin.connection")] : []),
      ]}
    >
      {appointments.map(({ id, start, patient, practitioner, state }) => (
        <TableRow key={id}>
          <TableCell component="th" scope="row" sx={{ whiteSpace: "nowrap" }}>
            {times.shortDay(start)}, {times.timeWithZone(start)}
          </TableCell>
          <TableCell>{patient.name}</TableCell>
          <TableCell>{practitioner.name}</TableCell>
          <TableCell>
            <StateChip state={state} />
          </TableCell>
          {showsQuality && (
            <TableCell>
              {(state === "in_progress" || state === "completed") && (
                <Button
                  component={Link}
                  to={`/quality/${id}`}
                  aria-label={t("admin.connectionShowFor", { name: patient.name })}
                >
                  {t("admin.connectionShow")}
                </Button>
              )}
            </TableCell>
          )}
        </TableRow>
      ))}
    </DataTable>
  );
}
