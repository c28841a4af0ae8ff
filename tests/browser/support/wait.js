// Waiting for a condition; for a time only where what counts is what happens meanwhile.

/** Polls `probe` until it returns something truthy, and returns that. Says what it waited for when it gives up. */
export async function until(what, probe, { within = 20_000, every = 100 } = {}) {
  const deadline = Date.now() + within;
  let last;
  while (Date.now() < deadline) {
    last = await probe();
    if (last) return last;
    await new Promise((resolve) => setTimeout(resolve, every));
  }
  throw new Error(`gave up after ${within} ms waiting for ${what}; last answer: ${JSON.stringify(last)}`);
}

/** For conditions that something holds or does not happen *while* time passes; for everything else there is `until`. */
export function pass(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
