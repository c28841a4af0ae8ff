// How well a page sees and hears, and by which way (W3C webrtc-stats).

/** Run in the page. Sums over what comes by all connections that are not closed. */
async function read() {
  const sum = { freezes: 0, frozenMs: 0, frames: 0, samples: 0, concealed: 0, path: null };
  for (const peer of window.bedsidePeers.filter(({ connectionState }) => connectionState === 'connected')) {
    const stats = await peer.getStats();
    for (const stat of stats.values()) {
      if (stat.type === 'transport') {
        const pair = stats.get(stat.selectedCandidatePairId);
        const local = stats.get(pair?.localCandidateId);
        if (local) {
          const { candidateType: type, protocol, relayProtocol: relay = null, address } = local;
          sum.path = { type, protocol, relay, address, rttMs: Math.round((pair.currentRoundTripTime ?? 0) * 1000) };
        }
      }
      if (stat.type !== 'inbound-rtp') continue;
      if (stat.kind === 'video') {
        sum.frames += stat.framesDecoded ?? 0;
        sum.freezes += stat.freezeCount ?? 0;
        sum.frozenMs += Math.round((stat.totalFreezesDuration ?? 0) * 1000);
      }
      if (stat.kind === 'audio') {
        sum.samples += stat.totalSamplesReceived ?? 0;
        sum.concealed += stat.concealedSamples ?? 0;
      }
    }
  }
  return sum;
}

export const figuresOf = (page) => page.evaluate(read);

/** The share of the sound between two readings that was made up, in percent. */
export function concealedShare(before, now) {
  return (100 * (now.concealed - before.concealed)) / Math.max(1, now.samples - before.samples);
}

/** Both readings' difference in words. */
export function tell(before, now) {
  const concealed = concealedShare(before, now).toFixed(1);
  const [frames, freezes, frozenMs] = ['frames', 'freezes', 'frozenMs'].map((field) => now[field] - before[field]);
  return `${frames} pictures, ${freezes} freezes of ${frozenMs} ms in all, ${concealed} % of the sound made up, round trip ${now.path?.rttMs} ms`;
}
