// Waiting for a condition, never for a time.

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
