/** The first step of booking: with whom. */

import { Button, Card, Stack, Typography } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { ErrorNotice } from "../errors/ErrorNotice";
import { Loading } from "../layout/Loading";
import { PageTitle } from "../layout/PageTitle";
import { practitionersQuery } from "./booking";

export function PractitionersPage() {
  const { t } = useTranslation();
  const practitioners = useQuery(practitionersQuery);
  return (
    <>
      <PageTitle>{t("book.title")}</PageTitle>
      <Typography variant="h2" sx={{ mb: 1.5 }}>
        {t("book.who")}
      </Typography>
      {practitioners.isPending && <Loading />}
      {practitioners.isError && (
        <ErrorNotice error={practitioners.error} onRetry={() => void practitioners.refetch()} />
      )}
      {practitioners.data?.length === 0 && <Typography>{t("book.none")}</Typography>}
      <Stack component="ul" spacing={1.5} sx={{ listStyle: "none", p: 0, m: 0 }}>
        {practitioners.data?.map(({ id, name, title, specialty }) => (
          <Card
            component="li"
            key={id}
            sx={{ p: 2, display: "flex", flexWrap: "wrap", alignItems: "center", gap: 1.5 }}
          >
            <Stack sx={{ flexGrow: 1, flexBasis: 220 }}>
              <Typography variant="h3" component="h3">
                {name}
              </Typography>
              <Typography color="text.secondary">
                {[title, specialty].filter((part) => part !== "").join(" · ")}
              </Typography>
            </Stack>
            <Button
              component={Link}
              to={`/book/${id}`}
              variant="contained"
              aria-label={t("book.chooseFor", { name })}
            >
              {t("book.choose")}
            </Button>
          </Card>
        ))}
      </Stack>
    </>
  );
}
