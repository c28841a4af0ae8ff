// Watching what moves on a page, by the page's own clock.

/** Watches the other's picture; the returned function tells how long it stood at the longest since it was last asked. */
export async function watchPicture(page) {
  await page.evaluate(() => {
    const watch = { longest: 0, last: performance.now() };
    window.bedsideWatch = watch;
    const seen = new WeakSet();
    const shown = () => {
      const now = performance.now();
      watch.longest = Math.max(watch.longest, now - watch.last);
      watch.last = now;
    };
    const follow = (video) => {
      const next = () => {
        if (!video.isConnected) return;
        video.requestVideoFrameCallback(() => {
          shown();
          next();
        });
      };
      if (!seen.has(video)) next();
      seen.add(video);
    };
    const look = () => {
      for (const video of document.querySelectorAll('[aria-label^="Picture of"]')) follow(video);
      requestAnimationFrame(look);
    };
    look();
  });
  return () =>
    page.evaluate(() => {
      const { longest, last } = window.bedsideWatch;
      window.bedsideWatch.longest = 0;
      return Math.round(Math.max(longest, performance.now() - last));
    });
}

/**
 * Watches the transport's packets; the returned function tells for how long none came at the longest since it was last
 * asked, and the address that they came to last.
 */
export async function watchPackets(page) {
  await page.evaluate(() => {
    const watch = { longest: 0, last: performance.now(), count: -1, address: null };
    window.bedsidePackets = watch;
    const look = async () => {
      const connections = window.bedsidePeers.filter(({ signalingState }) => signalingState !== 'closed');
      const reports = await Promise.all(connections.map((connection) => connection.getStats()));
      const stats = reports.flatMap((report) => [...report.values()]);
      const transports = stats.filter(({ type }) => type === 'transport');
      const count = transports.reduce((sum, { packetsReceived }) => sum + (packetsReceived ?? 0), 0);
      const now = performance.now();
      if (count !== watch.count) {
        watch.longest = Math.max(watch.longest, now - watch.last);
        watch.last = now;
        watch.count = count;
        const pair = stats.find(({ id }) => id === transports.at(-1)?.selectedCandidatePairId);
        watch.address = stats.find(({ id }) => id === pair?.localCandidateId)?.address ?? null;
      }
      setTimeout(look, 30);
    };
    void look();
  });
  return () =>
    page.evaluate(() => {
      const { longest, last, address } = window.bedsidePackets;
      window.bedsidePackets.longest = 0;
      return { ms: Math.round(Math.max(longest, performance.now() - last)), address };
    });
}
