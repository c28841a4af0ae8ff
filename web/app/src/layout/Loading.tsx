/** Something is being loaded. */

import { Box, CircularProgress, Typography } from "@mui/material";
import { useTranslation } from "react-i18next";

export function Loading() {
  const { t } = useTranslation();
  return (
    <Box
      role="status"
      sx={{ display: "flex", gap: 2, alignItems: "center", justifyContent: "center", padding: 6 }}
    >
      <CircularProgress size={28} aria-hidden />
      <Typography color="text.secondary">{t("state.loading")}</Typography>
    </Box>
  );
}
