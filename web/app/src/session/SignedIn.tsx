/** Lets through who is signed in; the rest goes to the sign-in page and comes back from there. */

import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Navigate, Outlet, useLocation } from "react-router";

import { ErrorNotice } from "../errors/ErrorNotice";
import { isLanguage } from "../i18n/i18n";
import { Loading } from "../layout/Loading";
import { Page } from "../layout/Page";
import { AccountContext, useSession } from "./session";

export function SignedIn() {
  const session = useSession();
  const location = useLocation();
  const { i18n } = useTranslation();
  const language = session.data?.account.language;

  useEffect(() => {
    if (language !== undefined && isLanguage(language)) void i18n.changeLanguage(language);
  }, [i18n, language]);

  if (session.data === undefined) {
    if (session.error === null) return <Loading />;
    return (
      <Page>
        <ErrorNotice error={session.error} onRetry={() => void session.refetch()} />
      </Page>
    );
  }
  // What is known stays true while it cannot be asked again: a visit goes on without the control plane.
  if (session.data === null) return <Navigate to="/sign-in" replace state={{ from: location.pathname }} />;
  return (
    <AccountContext value={session.data.account}>
      <Outlet />
    </AccountContext>
  );
}
