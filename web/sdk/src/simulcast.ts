/**
 * A camera in three sizes at once (simulcast, RFC 8853): which the offer has, and which of them are sent. The same of one
 * stream that holds them all (SVC): there the browser is told another `scalabilityMode`, which begins with a key frame.
 *
 * ```text
 *  node: layers {mid, rids: [l]}         [l, m, h]      of one stream:   sizes: 1       sizes: 3
 *  h     ━━━━━━━━━━┫                     ┣━━━━━━━━━                      ━━┫            ┣━━━━━━
 *  m     ━━━━━━━━━━┫                     ┣━━━━━━━━━                      ━━┫ L1T3, 180p ┣ L3T3_KEY
 *  l     ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━                      ━━━━━━━━━━━━━━━━━━━━━
 * ```
 *
 * Nobody watches it: it is not encoded either. So it is with a picture of one size, such as a screen: `sizes` is 0 or 1.
 */

import { ALL_SIZES } from "./camera-codec";
import { SenderParameters } from "./sender-parameters";

/** 720p30 of a talking person gains nothing visible above this in VP8. */
export const CAMERA_BPS_MAX = 1_500_000;

/** Lowest first: browsers give their bandwidth to the first, and the node takes the order for that of quality. */
export const CAMERA_LAYERS: RTCRtpEncodingParameters[] = [
  // 180p, 360p and 720p of a camera that has 720p: what a page shows small, in part, and large.
  { rid: "l", scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { rid: "m", scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { rid: "h", scaleResolutionDownBy: 1, maxBitrate: CAMERA_BPS_MAX },
];

/** TypeScript's library does not have the mode yet (W3C webrtc-svc). */
type Encoding = RTCRtpEncodingParameters & { scalabilityMode?: string };

/** What one stream is sent as when so many sizes of it are wanted: each keeps its height whichever others there are. */
export const CAMERA_SIZES: readonly Encoding[] = [
  { scalabilityMode: "L1T3", scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { scalabilityMode: "L2T3_KEY", scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { scalabilityMode: ALL_SIZES, scaleResolutionDownBy: 1, maxBitrate: CAMERA_BPS_MAX },
];

/** Turns a sender, or layers of it, on and off. Changes run one after another, the newest wish last. */
export class LayerSwitch {
  readonly #parameters: SenderParameters;
  /** `null` until somebody said which: all. */
  #wanted: ReadonlySet<string> | null = null;
  /** Of one stream; of one that holds a single size, whether it is wanted. */
  #sizes = CAMERA_SIZES.length;
  #isScalable = false;
  #isNegotiated = false;

  constructor(sender: RTCRtpSender) {
    // What is refused twice is not refused for the moment: without a mode it is one whole picture, which is better than none.
    this.#parameters = new SenderParameters(sender, (parameters, failures) =>
      this.#change(parameters, failures < 2),
    );
  }

  /** Sends these layers from now on, and no others; of one stream so many of its sizes. */
  setWanted(rids: readonly string[], sizes = CAMERA_SIZES.length): void {
    this.#wanted = new Set(rids);
    this.#sizes = Math.min(sizes, CAMERA_SIZES.length);
    this.#settle();
  }

  /** An answer is applied. It may have left fewer encodings than were offered. `isScalable`: one that holds all sizes. */
  handleNegotiated(isScalable = false): void {
    this.#isNegotiated = true;
    this.#isScalable = isScalable;
    this.#settle();
  }

  #settle(): void {
    if (this.#isNegotiated) this.#parameters.settle();
  }

  /** Makes the parameters what they should be; whether that changed anything. */
  #change({ encodings }: RTCRtpSendParameters, hasModes: boolean): boolean {
    let isChanged = false;
    const [only] = encodings;
    if (this.#isScalable && only !== undefined) return setSizes(only, this.#sizes, hasModes);
    if (encodings.length === 1 && only !== undefined && (only.scaleResolutionDownBy ?? 1) !== 1) {
      // Browser or node took one of the three. It is the lowest then (W3C webrtc §5.1), and all that there is.
      only.scaleResolutionDownBy = 1;
      only.maxBitrate = CAMERA_BPS_MAX;
      isChanged = true;
    }
    for (const encoding of encodings) {
      const isWanted =
        encoding.rid === undefined ? this.#sizes > 0 : (this.#wanted?.has(encoding.rid) ?? true);
      if (encoding.active === isWanted) continue;
      encoding.active = isWanted;
      isChanged = true;
    }
    return isChanged;
  }
}

/** Makes one stream hold so many sizes; whether that changed anything. One that is off keeps what it was. */
function setSizes(encoding: Encoding, sizes: number, hasModes: boolean): boolean {
  const { scalabilityMode, scaleResolutionDownBy, maxBitrate } = CAMERA_SIZES[sizes - 1] ?? encoding;
  const wanted = hasModes
    ? { active: sizes > 0, scalabilityMode, scaleResolutionDownBy, maxBitrate }
    : { active: sizes > 0, scaleResolutionDownBy: 1, maxBitrate: CAMERA_BPS_MAX };
  const isAsWanted = Object.entries(wanted).every(
    ([name, value]) => encoding[name as keyof Encoding] === value,
  );
  Object.assign(encoding, wanted);
  return !isAsWanted;
}
