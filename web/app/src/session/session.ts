/** Who is signed in. */

import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, use } from "react";

import { setCsrfToken } from "../api/client";
import { readSession, signOut } from "../api/endpoints";
import type { Account, Session } from "../api/model";
import { isProblem } from "../api/problem";

export const SESSION_KEY = ["session"];
/** Whether a session that was there is gone, without a sign-out: the sign-in page says so. */
const EXPIRED_KEY = ["session-expired"];

/** Notes that the control plane knows no session. */
export function noteSignedOut(client: QueryClient): void {
  if (client.getQueryData(SESSION_KEY)) client.setQueryData(EXPIRED_KEY, true);
}

export function useHasExpired(): boolean {
  return useQueryClient().getQueryData(EXPIRED_KEY) === true;
}

/** The session, or `null` when nobody is signed in. */
export function useSession() {
  const client = useQueryClient();
  return useQuery({
    queryKey: SESSION_KEY,
    queryFn: async (): Promise<Session | null> => {
      try {
        const session = await readSession();
        setCsrfToken(session.csrf_token);
        return session;
      } catch (error) {
        if (!isProblem(error, "not-signed-in")) throw error;
        noteSignedOut(client);
        return null;
      }
    },
    staleTime: 60_000,
  });
}

/** Puts a new session in place, after sign-in or a change of the account. */
export function useSetSession() {
  const client = useQueryClient();
  return (session: Session) => {
    setCsrfToken(session.csrf_token);
    client.removeQueries({ queryKey: EXPIRED_KEY });
    client.setQueryData(SESSION_KEY, session);
  };
}

/** Signs out, and forgets everything that was read. */
export function useSignOut() {
  const client = useQueryClient();
  return async () => {
    await signOut();
    setCsrfToken(null);
    client.clear();
    client.setQueryData(SESSION_KEY, null);
  };
}

export const AccountContext = createContext<Account | null>(null);

/** The account of the person at this page. Only below `SignedIn`. */
export function useAccount(): Account {
  const account = use(AccountContext);
  if (account === null) throw new Error("useAccount needs SignedIn above it");
  return account;
}
