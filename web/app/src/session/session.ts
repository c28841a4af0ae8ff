/** Who is signed in. */

import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, use } from "react";

import { setCsrfToken } from "../api/client";
import { readSession, signOut } from "../api/endpoints";
import type { Account, Session } from "../api/model";
import { isProblem } from "../api/problem";
import { isInVisit } from "./in-visit";

export const SESSION_KEY = ["session"];
/** How the last session at this page ended, until the next sign-in: `left` by the menu, or `expired`. */
const ENDED_KEY = [...SESSION_KEY, "ended"];

/**
 * Puts what is known about the sign-in in place: a session, or `null` for nobody. What was read for another account,
 * or for one that is signed out, is forgotten.
 */
export function adoptSession(client: QueryClient, session: Session | null): void {
  const before = client.getQueryData<Session | null>(SESSION_KEY);
  setCsrfToken(session?.csrf_token ?? null);
  client.setQueryData(SESSION_KEY, session);
  if (session !== null) client.removeQueries({ queryKey: ENDED_KEY });
  else if (before && !hasSignedOut(client)) client.setQueryData(ENDED_KEY, "expired");
  if (before === undefined || before?.account.id === session?.account.id) return;
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION_KEY[0] });
  client.getMutationCache().clear();
}

/** The session, or `null` when nobody is signed in. */
export function useSession() {
  return useQuery({
    queryKey: SESSION_KEY,
    queryFn: async ({ client }): Promise<Session | null> => {
      const session = await askSession();
      const before = client.getQueryData<Session | null>(SESSION_KEY);
      if (isInVisit() && before && before.account.id !== session?.account.id) {
        throw new Error("the visit goes on as whoever joined it");
      }
      adoptSession(client, session);
      return session;
    },
    staleTime: 60_000,
  });
}

/** Asks the control plane. In the background, that does not count as activity. */
export async function askSession(isBackground = false): Promise<Session | null> {
  try {
    return await readSession({ isBackground });
  } catch (error) {
    if (isProblem(error, "not-signed-in")) return null;
    throw error;
  }
}

/** Puts a new session in place, after sign-in. */
export function useSetSession() {
  const client = useQueryClient();
  return (session: Session) => {
    adoptSession(client, session);
  };
}

/** Signs out, and forgets everything that was read. Who is signed out already, is. */
export function useSignOut() {
  const client = useQueryClient();
  return async () => {
    try {
      await signOut();
    } catch (error) {
      if (!isProblem(error, "not-signed-in")) throw error;
    }
    client.setQueryData(ENDED_KEY, "left");
    adoptSession(client, null);
  };
}

/** Whether nobody is signed in because the person asked for it. */
export function hasSignedOut(client: QueryClient): boolean {
  return client.getQueryData(ENDED_KEY) === "left";
}

/** Whether a session that was there is gone without a sign-out: the sign-in page says so. */
export function useHasExpired(): boolean {
  return useQueryClient().getQueryData(ENDED_KEY) === "expired";
}

export const AccountContext = createContext<Account | null>(null);

/** The account of the person at this page. Only below `SignedIn`. */
export function useAccount(): Account {
  const account = use(AccountContext);
  if (account === null) throw new Error("useAccount needs SignedIn above it");
  return account;
}
