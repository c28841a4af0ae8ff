/** How reads are cached and tried again; a lost sign-in leads back to the sign-in page from anywhere. */

import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";

import { isInVisit } from "../session/in-visit";
import { adoptSession } from "../session/session";
import { isProblem, isWorthRetrying } from "./problem";

/** A read is tried this often before the page says that it failed. */
const RETRIES_MAX = 2;

export function createQueryClient(): QueryClient {
  const onError = (error: unknown) => {
    // A visit goes on without the sign-in; it is asked for again afterwards.
    if (isProblem(error, "not-signed-in") && !isInVisit()) adoptSession(client, null);
  };
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      // A browser's "offline" is a guess, and a command that waits for the network would run when nobody expects it.
      mutations: { networkMode: "always" },
      queries: {
        networkMode: "always",
        retry: (failures, error) => failures < RETRIES_MAX && isWorthRetrying(error),
        // A page that is looked at again shows what is true now.
        refetchOnWindowFocus: true,
        // What could not be read is read once the network is back; what is shown, at its own pace.
        refetchOnReconnect: (query) => query.state.data === undefined,
      },
    },
  });
  return client;
}
