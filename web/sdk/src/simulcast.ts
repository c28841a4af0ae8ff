/**
 * A camera in three sizes at once (simulcast, RFC 8853): which the offer has, and which of them are sent.
 *
 * ```text
 *  node: layers {mid, rids: [l]}         [l, m, h]
 *  h     ━━━━━━━━━━┫                     ┣━━━━━━━━━   nobody watches it: it is not encoded either
 *  m     ━━━━━━━━━━┫                     ┣━━━━━━━━━
 *  l     ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
 * ```
 */

/** 720p30 of a talking person gains nothing visible above this in VP8. */
export const CAMERA_BPS_MAX = 1_500_000;

/** Lowest first: browsers give their bandwidth to the first, and the node takes the order for that of quality. */
export const CAMERA_LAYERS: RTCRtpEncodingParameters[] = [
  // 180p, 360p and 720p of a camera that has 720p: what a page shows small, in part, and large.
  { rid: "l", scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { rid: "m", scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { rid: "h", scaleResolutionDownBy: 1, maxBitrate: CAMERA_BPS_MAX },
];

/**
 * A browser refuses parameters that are no longer the newest; what else it refuses does not change by trying, until the
 * next answer or wish.
 */
const TRIES_MAX = 3;

/** Turns layers of a sender on and off. Changes run one after another, the newest wish last. */
export class LayerSwitch {
  readonly #sender: RTCRtpSender;
  /** `null` until somebody said which: all. */
  #wanted: ReadonlySet<string> | null = null;
  #isNegotiated = false;
  #isStale = false;
  #isRunning = false;

  constructor(sender: RTCRtpSender) {
    this.#sender = sender;
  }

  /** Sends these layers from now on, and no others. */
  setWanted(rids: readonly string[]): void {
    this.#wanted = new Set(rids);
    this.#settle();
  }

  /** An answer is applied. It may have left fewer encodings than were offered. */
  handleNegotiated(): void {
    this.#isNegotiated = true;
    this.#settle();
  }

  #settle(): void {
    this.#isStale = true;
    if (this.#isNegotiated && !this.#isRunning) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    let failures = 0;
    while (this.#isStale && failures < TRIES_MAX) {
      this.#isStale = false;
      // Read, changed and set within one task: parameters are good for no longer (W3C webrtc §5.2.1).
      const parameters = this.#sender.getParameters();
      if (!this.#change(parameters)) continue;
      try {
        await this.#sender.setParameters(parameters);
      } catch {
        failures += 1;
        this.#isStale = true;
      }
    }
    this.#isRunning = false;
  }

  /** Makes the parameters what they should be; whether that changed anything. */
  #change({ encodings }: RTCRtpSendParameters): boolean {
    let isChanged = false;
    const [only] = encodings;
    if (encodings.length === 1 && only !== undefined && (only.scaleResolutionDownBy ?? 1) !== 1) {
      // Browser or node took one of the three. It is the lowest then (W3C webrtc §5.1), and all that there is.
      only.scaleResolutionDownBy = 1;
      only.maxBitrate = CAMERA_BPS_MAX;
      isChanged = true;
    }
    for (const encoding of encodings) {
      const isWanted = encoding.rid === undefined || this.#wanted === null || this.#wanted.has(encoding.rid);
      if (encoding.active === isWanted) continue;
      encoding.active = isWanted;
      isChanged = true;
    }
    return isChanged;
  }
}
