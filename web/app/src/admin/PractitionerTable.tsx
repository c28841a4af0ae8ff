/** The practitioners of a clinic. */

import { TableCell, TableRow } from "@mui/material";
import { useTranslation } from "react-i18next";

import type { Practitioner } from "../api/model";
import { DataTable } from "../layout/DataTable";
import { zoneName } from "../time/zone";

export function PractitionerTable({
  practitioners,
  labelledBy,
}: {
  practitioners: readonly Practitioner[];
  labelledBy: string;
}) {
  const { t } = useTranslation();
  return (
    <DataTable labelledBy={labelledBy} columns={[t("admin.name"), t("admin.specialty"), t("admin.zone")]}>
      {practitioners.map(({ id, name, specialty, time_zone: zone }) => (
        <TableRow key={id}>
          <TableCell component="th" scope="row">
            {name}
          </TableCell>
          <TableCell>{specialty}</TableCell>
          <TableCell>{zoneName(zone)}</TableCell>
        </TableRow>
      ))}
    </DataTable>
  );
}
