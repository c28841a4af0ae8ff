/** A page threw: say so, and offer the way out. */

import { Button, Stack, Typography } from "@mui/material";
import { useTranslation } from "react-i18next";

import { Page } from "../layout/Page";
import { PageTitle } from "../layout/PageTitle";

export function CrashPage() {
  const { t } = useTranslation();
  return (
    <Page>
      <PageTitle>{t("crash.title")}</PageTitle>
      <Typography sx={{ mb: 3 }}>{t("crash.text")}</Typography>
      <Stack direction="row" spacing={1.5}>
        <Button
          variant="contained"
          onClick={() => {
            location.reload();
          }}
        >
          {t("action.retry")}
        </Button>
        <Button href="/">{t("action.home")}</Button>
      </Stack>
    </Page>
  );
}
