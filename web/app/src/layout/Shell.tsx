/** The frame of every page of somebody signed in: name, menu, account, content. */

import { AppBar, Box, Container, Stack, Toolbar, Typography } from "@mui/material";
import { Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Link, Outlet } from "react-router";

import { AccountMenu } from "./AccountMenu";
import { Loading } from "./Loading";
import { Logo } from "./Logo";
import { MainMenu } from "./MainMenu";
import { SkipLink } from "./SkipLink";

export function Shell() {
  const { t } = useTranslation();
  return (
    <Box sx={{ minHeight: "100%", display: "flex", flexDirection: "column" }}>
      <SkipLink />
      <AppBar
        position="static"
        color="inherit"
        elevation={0}
        sx={{ borderBottom: 1, borderColor: "divider", bgcolor: "background.paper" }}
      >
        <Toolbar sx={{ gap: { xs: 1, sm: 2 }, flexWrap: "wrap", py: { xs: 0.5, sm: 0 } }}>
          <Stack
            component={Link}
            to="/"
            direction="row"
            spacing={1.25}
            sx={{
              alignItems: "center",
              textDecoration: "none",
              color: "inherit",
              minHeight: 48,
              borderRadius: 1,
            }}
          >
            <Logo />
            <Typography component="span" sx={{ fontWeight: 650, fontSize: "1.125rem" }}>
              {t("app.name")}
            </Typography>
          </Stack>
          <MainMenu />
          <AccountMenu />
        </Toolbar>
      </AppBar>
      <Container
        component="main"
        id="content"
        maxWidth="md"
        tabIndex={-1}
        sx={{ py: { xs: 2.5, sm: 4 }, flexGrow: 1, "&:focus": { outline: "none" } }}
      >
        <Suspense fallback={<Loading />}>
          <Outlet />
        </Suspense>
      </Container>
    </Box>
  );
}
