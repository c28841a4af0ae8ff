/** The sign of Bedside: a bed. Decoration: the name stands beside it. */

import { Box } from "@mui/material";

export function Logo({ size = 32 }: { size?: number }) {
  return (
    <Box component="img" src="/bedside.svg" alt="" width={size} height={size} sx={{ display: "block" }} />
  );
}
