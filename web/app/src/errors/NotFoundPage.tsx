/** There is no such page, or not for this role. */

import { Button, Typography } from "@mui/material";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { Page } from "../layout/Page";
import { PageTitle } from "../layout/PageTitle";

export function NotFoundPage() {
  const { t } = useTranslation();
  return (
    <Page>
      <PageTitle>{t("notFound.title")}</PageTitle>
      <Typography sx={{ mb: 3 }}>{t("notFound.text")}</Typography>
      <Button component={Link} to="/" variant="contained">
        {t("action.home")}
      </Button>
    </Page>
  );
}
