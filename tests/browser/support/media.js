// What a page's peer connections say about themselves (W3C webrtc-stats).

/** The SRTP profiles of RFC 7714, as browsers write them: with a prefix or without. */
export const AES_GCM = /^(SRTP_)?AEAD_AES_(128|256)_GCM$/;

/** Run before any page script: remembers every peer connection, and every track of a camera or microphone. */
export function rememberPeers() {
  const Native = window.RTCPeerConnection;
  window.bedsidePeers = [];
  window.RTCPeerConnection = class extends Native {
    constructor(...args) {
      super(...args);
      window.bedsidePeers.push(this);
    }
  };
  window.bedsideTracks = [];
  // A page that is not secure has none.
  if (window.MediaDevices === undefined) return;
  const { getUserMedia } = MediaDevices.prototype;
  MediaDevices.prototype.getUserMedia = async function (constraints) {
    const stream = await getUserMedia.call(this, constraints);
    window.bedsideTracks.push(...stream.getTracks());
    return stream;
  };
}

/** Run in the page. Sums over all connections that are not closed. */
async function read() {
  const sum = { cipher: null, videos: [], sounds: [], soundPacketsSent: 0, bytesSent: 0, at: performance.now() };
  for (const peer of window.bedsidePeers.filter(({ connectionState }) => connectionState === 'connected')) {
    for (const stat of (await peer.getStats()).values()) {
      if (stat.type === 'transport') sum.cipher = stat.srtpCipher ?? sum.cipher;
      if (stat.type === 'outbound-rtp') {
        sum.bytesSent += stat.bytesSent;
        if (stat.kind === 'audio') sum.soundPacketsSent += stat.packetsSent;
      }
      if (stat.type !== 'inbound-rtp') continue;
      if (stat.kind === 'video' && stat.framesDecoded > 0) {
        sum.videos.push({ ssrc: stat.ssrc, frames: stat.framesDecoded, freezes: stat.freezeCount ?? 0 });
      }
      if (stat.kind === 'audio' && stat.packetsReceived > 0) {
        sum.sounds.push({ ssrc: stat.ssrc, energy: stat.totalAudioEnergy ?? 0, packets: stat.packetsReceived });
      }
    }
  }
  return sum;
}

export const mediaOf = (page) => page.evaluate(read);

/** How many streams of `now` moved on since `before`: pictures decoded, sound with energy in it. */
export function moving(before, now) {
  const grew = (kind, field) =>
    now[kind].filter((stream) => {
      const earlier = before[kind].find(({ ssrc }) => ssrc === stream.ssrc);
      return stream[field] > (earlier?.[field] ?? 0);
    }).length;
  return { videos: grew('videos', 'frames'), sounds: grew('sounds', 'energy') };
}

/** Bits a second that left the page between two readings. */
export function sendingRate(before, now) {
  return ((now.bytesSent - before.bytesSent) * 8000) / (now.at - before.at);
}
