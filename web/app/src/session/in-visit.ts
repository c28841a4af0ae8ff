/** Whether this page is in a visit: that is activity, whatever the hands do, and nothing here may end it. */

import { useSyncExternalStore } from "react";

const visits = new Set<symbol>();
const listeners = new Set<() => void>();

/** Says that a visit runs, until the returned function is called. */
export function enterVisit(): () => void {
  const visit = Symbol("visit");
  change(() => visits.add(visit));
  return () => {
    change(() => visits.delete(visit));
  };
}

export function isInVisit(): boolean {
  return visits.size > 0;
}

export function useIsInVisit(): boolean {
  return useSyncExternalStore(subscribe, isInVisit);
}

function change(apply: () => void): void {
  apply();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
