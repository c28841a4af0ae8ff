/** A symbol and what it means, in the middle of the place where people are otherwise. */

import { Stack, Typography } from "@mui/material";
import type { ReactNode } from "react";

export function Centred({ symbol, title, lead }: { symbol: ReactNode; title: string; lead?: string }) {
  return (
    <Stack sx={PLACE}>
      {symbol}
      <Typography variant="h2" component="p">
        {title}
      </Typography>
      {lead !== undefined && (
        <Typography color="text.secondary" sx={{ maxWidth: "46ch" }}>
          {lead}
        </Typography>
      )}
    </Stack>
  );
}

const PLACE = {
  flexGrow: 1,
  alignItems: "center",
  justifyContent: "center",
  textAlign: "center",
  gap: 1.5,
  p: 3,
};
