// What a page sends of its camera by layer, and how large the pictures are that come (W3C webrtc-stats).

/** Run in the page. */
async function read() {
  const layers = { sent: {}, heights: [], at: performance.now() };
  for (const peer of window.bedsidePeers.filter(({ connectionState }) => connectionState === 'connected')) {
    for (const stat of (await peer.getStats()).values()) {
      if (stat.type === 'outbound-rtp' && stat.kind === 'video' && stat.rid) {
        layers.sent[stat.rid] = stat.framesEncoded ?? 0;
      }
      if (stat.type === 'inbound-rtp' && stat.kind === 'video' && stat.framesDecoded > 0) {
        layers.heights.push(stat.frameHeight);
      }
    }
  }
  return layers;
}

export const layersOf = (page) => page.evaluate(read);

/** The layers that were encoded between two readings, in the order of their names. */
export function encoded(before, now) {
  return Object.keys(now.sent)
    .filter((rid) => now.sent[rid] > (before.sent[rid] ?? 0))
    .sort();
}

/** Resolves with the time (`Date.now()`) at which the page encodes a layer again. Ask before it is to start. */
export function restartOf(page, rid) {
  return page.evaluate(async (wanted) => {
    const framesOf = async () => {
      for (const peer of window.bedsidePeers.filter(({ connectionState }) => connectionState === 'connected')) {
        for (const stat of (await peer.getStats()).values()) {
          if (stat.type === 'outbound-rtp' && stat.rid === wanted) return stat.framesEncoded;
        }
      }
      return 0;
    };
    const before = await framesOf();
    const deadline = Date.now() + 15_000;
    while (Date.now() < deadline) {
      if ((await framesOf()) > before) return Date.now();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`layer ${wanted} did not start within 15 s`);
  }, rid);
}
