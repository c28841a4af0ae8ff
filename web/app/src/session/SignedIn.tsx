/** Lets through who is signed in; the rest goes to the sign-in page and comes back from there. */

import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Navigate, Outlet, useLocation } from "react-router";

import { ErrorNotice } from "../errors/ErrorNotice";
import { isLanguage } from "../i18n/i18n";
import { Loading } from "../layout/Loading";
import { Page } from "../layout/Page";
import { IdleDialog } from "./IdleDialog";
import { AccountContext, hasSignedOut, useSession } from "./session";

export function SignedIn() {
  const session = useSession();
  const location = useLocation();
  const client = useQueryClient();
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
  if (session.data === null) {
    const state = hasSignedOut(client) ? { signedOut: true } : { from: location.pathname };
    return <Navigate to="/sign-in" replace state={state} />;
  }
  return (
    // Another account gets pages of its own: what forms hold belongs to whom they were filled for.
    <AccountContext key={session.data.account.id} value={session.data.account}>
      <Outlet />
      <IdleDialog session={session.data} />
    </AccountContext>
  );
}
