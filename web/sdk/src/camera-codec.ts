/**
 * In which codec a camera is sent: VP8 in a stream a size (simulcast, `simulcast.ts`), or VP9 or AV1 in one stream that
 * holds three sizes (SVC, W3C webrtc-svc).
 *
 * ```text
 *  camera m-line of the offer        answer                     sent
 *  VP9 VP8 …, rids l m h             VP9, rid l                 one stream, L3T3_KEY
 *                                    VP8, rids l m h            three streams: somebody in the room cannot show VP9
 *  VP8 …, rids l m h                 VP8, rids l m h            three streams: this browser cannot send sizes, or tell them apart
 * ```
 */

import type { Platform } from "./platform";

/** What a page may ask for. VP8 is what every browser has; the others take less for the same picture, and more CPU. */
export type CameraCodec = "vp8" | "vp9" | "av1";

/** In what the camera is sent, and why in something else than was asked for. */
export interface SentCamera {
  /** As in `a=rtpmap`, in small letters; `null` while the node takes no camera. */
  codec: string | null;
  /** `browser`: it cannot send several sizes so that the node can tell them apart. `room`: somebody in it cannot show that codec. */
  why: "browser" | "room" | null;
}

/** Three sizes at three frame rates, of which only key frames need the size below: a larger one costs a thumbnail nothing. */
export const ALL_SIZES = "L3T3_KEY";

/** Tells which size a packet is of (AV1 RTP payload specification, appendix A). */
const DEPENDENCY_DESCRIPTOR =
  "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";

/** Whether an answer's codec holds all sizes in one stream. */
export function isScalable(codec: string | null): boolean {
  return codec === "vp9" || codec === "av1";
}

/** Whether the browser sends a camera in several sizes of one stream, and offers to tell them apart. Asked before the offer. */
export async function canSendSizes(
  platform: Platform,
  transceiver: RTCRtpTransceiver,
  codec: CameraCodec,
): Promise<boolean> {
  return (await platform.canEncode(`video/${codec.toUpperCase()}`, ALL_SIZES)) && tellsSizes(transceiver);
}

/** Not in TypeScript's library yet (WebRTC extensions, §5.2). */
interface HeaderExtension {
  uri: string;
  direction: RTCRtpTransceiverDirection;
}
interface WithHeaderExtensions {
  getHeaderExtensionsToNegotiate?: () => HeaderExtension[];
  setHeaderExtensionsToNegotiate?: (extensions: HeaderExtension[]) => void;
}

/** Offers the dependency descriptor, where the browser knows it. No description is changed by hand. */
export function tellsSizes(transceiver: RTCRtpTransceiver & WithHeaderExtensions): boolean {
  const extensions = transceiver.getHeaderExtensionsToNegotiate?.() ?? [];
  const descriptor = extensions.find(({ uri }) => uri === DEPENDENCY_DESCRIPTOR);
  if (descriptor === undefined) return false;
  if (descriptor.direction !== "stopped") return true;
  descriptor.direction = "sendrecv";
  try {
    transceiver.setHeaderExtensionsToNegotiate?.(extensions);
    return transceiver.setHeaderExtensionsToNegotiate !== undefined;
  } catch {
    return false;
  }
}
