/** What the page says about the connection. Hints, not proof: they only make the call look at once. */

export interface PageHints {
  /** The network or the page came back: worth a try now. */
  onHint: () => void;
  /** The page is being unloaded and will not come back. */
  onUnload: () => void;
}

/** Listens until the returned function is called. Outside a page it does nothing. */
export function listenToPage({ onHint, onUnload }: PageHints): () => void {
  if (typeof window === "undefined") return () => undefined;
  const controller = new AbortController();
  const { signal } = controller;
  window.addEventListener("online", onHint, { signal });
  window.addEventListener("pageshow", onHint, { signal });
  document.addEventListener(
    "visibilitychange",
    () => {
      if (document.visibilityState === "visible") onHint();
    },
    { signal },
  );
  window.addEventListener(
    "pagehide",
    (event) => {
      if (!event.persisted) onUnload();
    },
    { signal },
  );
  return () => {
    controller.abort();
  };
}
