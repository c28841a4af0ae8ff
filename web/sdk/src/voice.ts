/**
 * How much of a line one's own voice takes. Where the line is too thin for pictures, the voice is made smaller too: with its
 * headers it takes 53 of 64 kbit/s otherwise, and reports, checks and requests, 9 together, fill the rest: a queue never empties.
 *
 * ```text
 *  node: layers {paused: uplink}   layers {l}: a try, which may fail      layers {l, m, h}
 *  voice ━━━━━━━━━━━┳┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┻━━━━━━━━━━━━
 * ```
 */

/** Opus still carries all of a voice at this rate, if not all of a room. */
const THIN_BPS = 16_000;
/** A try of pictures has passed, or failed, in ten seconds (the node's `uplink.rs`: TRIED). */
const TRIED_MS = 12_000;
/** As of a camera's layers: what is refused three times is refused. */
const TRIES_MAX = 3;

/** The rate of the microphone's sender. Changes run one after another, the newest wish last. */
export class VoiceRate {
  readonly #sender: RTCRtpSender;
  #isThin = false;
  #isRunning = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(sender: RTCRtpSender) {
    this.#sender = sender;
  }

  /** The node holds the pictures up because the way to it is too thin for them, or lets them through. */
  handlePictures(areHeldUp: boolean): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (areHeldUp) {
      this.#set(true);
    } else if (this.#isThin) {
      this.#timer = setTimeout(() => {
        this.#set(false);
      }, TRIED_MS);
    }
  }

  /** Nothing is changed any more. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #set(isThin: boolean): void {
    if (this.#isThin === isThin) return;
    this.#isThin = isThin;
    if (!this.#isRunning) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    let applied: boolean | null = null;
    let failures = 0;
    while (applied !== this.#isThin && failures < TRIES_MAX) {
      const isThin: boolean = this.#isThin;
      // Read, changed and set within one task: parameters are good for no longer (W3C webrtc §5.2.1).
      const parameters = this.#sender.getParameters();
      for (const encoding of parameters.encodings) {
        if (isThin) encoding.maxBitrate = THIN_BPS;
        else delete encoding.maxBitrate;
      }
      try {
        await this.#sender.setParameters(parameters);
        applied = isThin;
      } catch {
        failures += 1;
      }
    }
    this.#isRunning = false;
  }
}
