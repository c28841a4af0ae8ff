/** The pages of the own role. */

import { Button, Stack } from "@mui/material";
import { useTranslation } from "react-i18next";
import { NavLink } from "react-router";

import type { Role } from "../api/model";
import { useAccount } from "../session/session";

const PAGES = {
  patient: [
    { to: "/", label: "nav.visits" },
    { to: "/book", label: "nav.book" },
  ],
  practitioner: [
    { to: "/", label: "nav.today" },
    { to: "/availability", label: "nav.availability" },
  ],
  staff: [{ to: "/", label: "nav.overview" }],
  admin: [{ to: "/", label: "nav.overview" }],
} as const satisfies Record<Role, unknown>;

export function MainMenu() {
  const { t } = useTranslation();
  const { role } = useAccount();
  return (
    <Stack
      component="nav"
      direction="row"
      aria-label={t("app.menu")}
      sx={{ gap: 0.5, flexGrow: 1, order: { xs: 3, sm: 0 }, flexBasis: { xs: "100%", sm: "auto" } }}
    >
      {PAGES[role].map(({ to, label }) => (
        <Button
          key={to}
          component={NavLink}
          to={to}
          end={to === "/"}
          color="inherit"
          sx={{
            px: { xs: 1.5, sm: 2 },
            fontWeight: 500,
            "&.active": { fontWeight: 650, bgcolor: "primary.light", color: "primary.dark" },
          }}
        >
          {t(label)}
        </Button>
      ))}
    </Stack>
  );
}
