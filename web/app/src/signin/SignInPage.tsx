/** Sign-in by e-mail and password. Nothing hinders pasting or a password manager (WCAG 2.2 AA 3.3.8). */

import { Alert, Button, Card, Stack, Typography } from "@mui/material";
import { useMutation } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { Navigate, useLocation, useSearchParams } from "react-router";

import { signIn } from "../api/endpoints";
import { ErrorNotice } from "../errors/ErrorNotice";
import { FormField } from "../layout/FormField";
import { Page } from "../layout/Page";
import { PageTitle } from "../layout/PageTitle";
import { PasswordField } from "../layout/PasswordField";
import { useHasExpired, useSession, useSetSession } from "../session/session";

interface Fields {
  email: string;
  password: string;
}

interface CameFrom {
  from?: string;
  signedOut?: boolean;
}

export function SignInPage() {
  const { t } = useTranslation();
  const session = useSession();
  const setSession = useSetSession();
  const hasExpired = useHasExpired();
  const state = useLocation().state as CameFrom | null;
  // Needed only where one e-mail address has accounts in several clinics; the clinic's own link carries it.
  const [parameters] = useSearchParams();
  const clinic = parameters.get("clinic");
  const { control, handleSubmit } = useForm<Fields>({ defaultValues: { email: "", password: "" } });
  const submit = useMutation({
    mutationFn: (fields: Fields) => signIn({ ...fields, ...(clinic !== null && { clinic }) }),
    onSuccess: setSession,
  });

  if (session.data) return <Navigate to={state?.from ?? "/"} replace />;
  return (
    <Page width="xs">
      <PageTitle>{t("signIn.title")}</PageTitle>
      <Typography color="text.secondary" sx={{ mb: 3 }}>
        {t("signIn.lead")}
      </Typography>
      <Card sx={{ p: { xs: 2.5, sm: 3.5 } }}>
        <Stack
          component="form"
          spacing={2.5}
          noValidate
          onSubmit={handleSubmit((fields) => {
            submit.mutate(fields);
          })}
        >
          {state?.signedOut === true && submit.isIdle && (
            <Alert severity="success">{t("signIn.signedOut")}</Alert>
          )}
          {hasExpired && submit.isIdle && <Alert severity="info">{t("signIn.expired")}</Alert>}
          {submit.isError && <ErrorNotice error={submit.error} />}
          <FormField
            control={control}
            name="email"
            label={t("signIn.email")}
            rules={{ required: t("signIn.emailRequired") }}
            type="email"
            autoComplete="username"
          />
          <PasswordField
            control={control}
            name="password"
            label={t("signIn.password")}
            rules={{ required: t("signIn.passwordRequired") }}
          />
          <Button type="submit" variant="contained" size="large" loading={submit.isPending}>
            {t("signIn.submit")}
          </Button>
        </Stack>
      </Card>
    </Page>
  );
}
