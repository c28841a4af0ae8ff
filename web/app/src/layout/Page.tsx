/** The frame of a page without a menu: sign-in, guests, errors. */

import { Box, Container, Typography } from "@mui/material";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { LanguageSwitch } from "./LanguageSwitch";
import { Logo } from "./Logo";

export function Page({ children, width = "sm" }: { children: ReactNode; width?: "xs" | "sm" | "lg" }) {
  const { t } = useTranslation();
  return (
    <Box sx={{ minHeight: "100%", display: "flex", flexDirection: "column" }}>
      <Box component="header" sx={{ p: 2, display: "flex", alignItems: "center", gap: 1.25 }}>
        <Logo />
        <Typography component="span" sx={{ fontWeight: 650, fontSize: "1.125rem", flexGrow: 1 }}>
          {t("app.name")}
        </Typography>
        <LanguageSwitch />
      </Box>
      <Container component="main" id="content" maxWidth={width} sx={{ py: { xs: 2, sm: 5 }, flexGrow: 1 }}>
        {children}
      </Container>
    </Box>
  );
}
