/** How long to wait before the next attempt: at once first, then exponential with full jitter, without an end. */

/** Mean wait before the second attempt is half of this: a node that restarts is back within about a second. */
const BASE_MS = 500;
/** Longest wait. Somebody who waits in a visit should be back within seconds of the network. */
const MAX_MS = 10_000;
/** A connection that lived this long was good: the next loss starts from zero again. */
export const STABLE_AFTER_MS = 5_000;

/**
 * The delay before attempt number `attempt` (0 is the first). Full jitter spreads the clients of a node that
 * died, so that they do not come back in step.
 */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  if (attempt === 0) return 0;
  // 2^10 is beyond MAX_MS; the bound keeps the power finite.
  const ceiling = Math.min(MAX_MS, BASE_MS * 2 ** Math.min(attempt, 10));
  return Math.round(random() * ceiling);
}
