/** The secret of a guest link. It stands behind `#`, which browsers send to no server, and leaves the address bar. */

/** Reads the secret and takes it out of the address and the history, so that nobody reads it over a shoulder. */
export function takeSecret(): string | null {
  const secret = decodeURIComponent(location.hash.slice(1));
  if (secret === "") return null;
  history.replaceState(history.state, "", location.pathname);
  return secret;
}
