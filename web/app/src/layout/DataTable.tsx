/** A table that scrolls sideways by itself on a narrow page, also by keyboard. */

import { Card, Table, TableBody, TableCell, TableContainer, TableHead, TableRow } from "@mui/material";
import type { ReactNode } from "react";

export function DataTable({
  columns,
  labelledBy,
  children,
}: {
  columns: readonly string[];
  labelledBy: string;
  children: ReactNode;
}) {
  return (
    <TableContainer component={Card} role="region" aria-labelledby={labelledBy} tabIndex={0}>
      <Table
        aria-labelledby={labelledBy}
        sx={{
          "& th, & td": { px: { xs: 1, sm: 2 }, fontSize: { xs: "0.875rem", sm: "1rem" } },
          "& th": { fontWeight: 600 },
        }}
      >
        <TableHead>
          <TableRow>
            {columns.map((column) => (
              <TableCell key={column} scope="col">
                {column}
              </TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody>{children}</TableBody>
      </Table>
    </TableContainer>
  );
}
