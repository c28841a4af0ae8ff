// What a page sends of its camera in one stream of several sizes, and what it sees of others' (W3C webrtc-stats, webrtc-svc).

/** Run in the page. */
async function read() {
  const sizes = { sent: null, seen: [], at: performance.now() };
  for (const peer of window.bedsidePeers.filter(({ connectionState }) => connectionState === 'connected')) {
    const stats = await peer.getStats();
    const codecOf = (stat) => stats.get(stat.codecId)?.mimeType ?? null;
    for (const stat of stats.values()) {
      if (stat.type === 'outbound-rtp' && stat.kind === 'video' && stat.framesEncoded > 0) {
        sizes.sent = {
          codec: codecOf(stat),
          mode: stat.scalabilityMode ?? null,
          height: stat.frameHeight,
          frames: stat.framesEncoded,
          seconds: stat.totalEncodeTime,
          isActive: stat.active,
          limitedBy: stat.qualityLimitationReason,
        };
      }
      if (stat.type === 'inbound-rtp' && stat.kind === 'video' && stat.framesDecoded > 0) {
        sizes.seen.push({
          codec: codecOf(stat),
          height: stat.frameHeight,
          frames: stat.framesDecoded,
          dropped: stat.framesDropped ?? 0,
          asked: stat.pliCount ?? 0,
          freezes: stat.freezeCount ?? 0,
          bytes: stat.bytesReceived,
        });
      }
    }
  }
  return sizes;
}

export const sizesOf = (page) => page.evaluate(read);

/** Resolves with the time (`Date.now()`) at which the page encodes pictures so high. Ask before it is to start. */
export function startOf(page, height) {
  return page.evaluate(async (wanted) => {
    const deadline = Date.now() + 15_000;
    while (Date.now() < deadline) {
      for (const peer of window.bedsidePeers.filter(({ connectionState }) => connectionState === 'connected')) {
        for (const stat of (await peer.getStats()).values()) {
          if (stat.type === 'outbound-rtp' && stat.kind === 'video' && stat.frameHeight === wanted) return Date.now();
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`no pictures ${wanted} lines high within 15 s`);
  }, height);
}

/** The page sends its camera in this codec, where room and browser allow it. Say it before the page is opened. */
export function sendIn(page, codec) {
  return page.addInitScript((wanted) => {
    localStorage.setItem('bedside.camera-codec', wanted);
  }, codec);
}
