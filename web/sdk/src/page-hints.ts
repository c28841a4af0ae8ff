/** What the page says about the connection. Hints, not proof: they only make the call look at once. */

export interface PageHints {
  /** There is another network: what went by the old one goes no more. */
  onNetwork: () => void;
  /** The network or the page came back: worth a try now. */
  onHint: () => void;
  /** The page is being unloaded and will not come back. */
  onUnload: () => void;
}

/** Listens until the returned function is called. Outside a page it does nothing. */
export function listenToPage({ onNetwork, onHint, onUnload }: PageHints): () => void {
  if (typeof window === "undefined") return () => undefined;
  const controller = new AbortController();
  const { signal } = controller;
  window.addEventListener("online", onNetwork, { signal });
  // Where a browser tells the kind of the network, another kind is another network; elsewhere the event is about speed.
  const network = (navigator as { connection?: EventTarget & { type?: string } }).connection;
  let kind = network?.type;
  network?.addEventListener(
    "change",
    () => {
      const isOther = network.type !== kind && network.type !== "none";
      kind = network.type;
      if (isOther) onNetwork();
      else onHint();
    },
    { signal },
  );
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
