/** A visit by link: for family, interpreters and colleagues, without an account. */

import { Alert } from "@mui/material";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Page } from "../layout/Page";
import { PageTitle } from "../layout/PageTitle";
import { GuestVisit } from "./GuestVisit";
import { takeSecret } from "./secret";

/**
 * Kept beside React, which may call an initialiser twice while the address holds the secret only once.
 * It goes with the page.
 */
let taken: string | null = null;

export function GuestPage() {
  const { t } = useTranslation();
  const [secret] = useState(() => (taken = takeSecret() ?? taken));
  if (secret !== null) return <GuestVisit secret={secret} />;
  return (
    <Page>
      <PageTitle>{t("guest.title")}</PageTitle>
      <Alert severity="warning">{t("guest.noLink")}</Alert>
    </Page>
  );
}
