/** What no browser interface can say or tell about SDP. Pure text functions. */

import type { CameraCodec } from "./camera-codec";

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
const SENT = ["video/vp8", "video/h264", "video/rtx", "audio/opus", "audio/red"];
/** What others may be shown to us in: VP9 and AV1, which hold several sizes in one stream, too. */
const SHOWN = ["video/vp8", "video/h264", "video/vp9", "video/av1", "video/rtx", "audio/opus", "audio/red"];
/** Constrained baseline, non-interleaved (RFC 6184 §8.1): the one form of H.264 that all browsers have. */
const H264_FORM = /packetization-mode=1.*profile-level-id=42e0|profile-level-id=42e0.*packetization-mode=1/i;
/** The one form of a codec that the node forwards: 8 bits, 4:2:0. */
const FORMS: Record<string, RegExp | undefined> = {
  "video/h264": H264_FORM,
  "video/vp9": /^$|profile-id=0/,
  "video/av1": /^$|profile=0/,
};

/** What an m-line is for: to send a camera in this codec, or VP8 where the room cannot show that; or to be shown others. */
export type Purpose = CameraCodec | "shown";

/**
 * The codecs to offer, best first. The rest is left out: the node forwards only these, and an offer with every
 * codec of Chromium on nineteen m-lines would pass the node's limit of 60 KB.
 */
export function preferredCodecs(codecs: readonly RTCRtpCodec[], purpose: Purpose = "vp8"): RTCRtpCodec[] {
  const order = purpose === "shown" ? SHOWN : [...new Set([`video/${purpose}`, ...SENT])];
  const rank = ({ mimeType }: RTCRtpCodec) => order.indexOf(mimeType.toLowerCase());
  return codecs
    .filter((codec) => rank(codec) >= 0)
    .filter(({ mimeType, sdpFmtpLine }) => FORMS[mimeType.toLowerCase()]?.test(sdpFmtpLine ?? "") ?? true)
    .sort((a, b) => rank(a) - rank(b));
}

/** The codec that an answer has on an m-line, in small letters; `null` where it takes none. */
export function answeredCodec(sdp: string, mid: string): string | null {
  const section = sdp.split(/^m=/m).find((lines) => lines.split(/\r?\n/).includes(`a=mid:${mid}`));
  return /^a=rtpmap:\d+ (\w+)/m.exec(section ?? "")?.[1]?.toLowerCase() ?? null;
}
