/** The two things about SDP that no browser interface can say. Pure text functions. */

/**
 * Asks for in-band forward error correction in every Opus format line (RFC 7587 §7.1). In an offer it asks the
 * node to have others send it to us; in an answer it makes our own encoder send it.
 */
export function withInbandFec(sdp: string): string {
  const opus = new Set([...sdp.matchAll(/^a=rtpmap:(\d+) opus\/48000/gim)].map((match) => match[1]));
  return sdp.replace(/^a=fmtp:(\d+) (.*)$/gm, (line, payloadType: string, parameters: string) => {
    if (!opus.has(payloadType) || /\buseinbandfec=/.test(parameters)) return line;
    const end = parameters.endsWith("\r") ? "\r" : "";
    return `a=fmtp:${payloadType} ${parameters.trimEnd()};useinbandfec=1${end}`;
  });
}

/**
 * Codecs in the order that rooms use them: VP8 is what every member decodes; H.264 where all members do. RED after Opus:
 * the node sends it to us while we lose packets; our own microphone, which sends what comes first, stays with Opus and its
 * in-band error correction.
 */
const ORDER = ["video/vp8", "video/h264", "video/rtx", "audio/opus", "audio/red"];
/** Constrained baseline, non-interleaved (RFC 6184 §8.1): the one form of H.264 that all browsers have. */
const H264_FORM = /packetization-mode=1.*profile-level-id=42e0|profile-level-id=42e0.*packetization-mode=1/i;

/**
 * The codecs to offer, best first. The rest is left out: the node forwards only these, and an offer with every
 * codec of Chromium on nineteen m-lines would pass the node's limit of 60 KB.
 */
export function preferredCodecs(codecs: readonly RTCRtpCodec[]): RTCRtpCodec[] {
  const rank = (codec: RTCRtpCodec) => ORDER.indexOf(codec.mimeType.toLowerCase());
  return codecs
    .filter((codec) => rank(codec) >= 0)
    .filter(
      (codec) => codec.mimeType.toLowerCase() !== "video/h264" || H264_FORM.test(codec.sdpFmtpLine ?? ""),
    )
    .sort((a, b) => rank(a) - rank(b));
}
