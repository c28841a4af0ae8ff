/**
 * How much of a line one's own voice takes. Where the line is too thin for pictures, the voice is made smaller too: with its
 * headers it takes 53 of 64 kbit/s otherwise, and reports, checks and requests, 9 together, fill the rest: a queue never empties.
 *
 * ```text
 *  node: layers {paused: uplink}   layers {l}: a try, which may fail      layers {l, m, h}
 *  voice ━━━━━━━━━━━┳┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┻━━━━━━━━━━━━
 * ```
 */

import { SenderParameters } from "./sender-parameters";

/** Opus still carries all of a voice at this rate, if not all of a room. */
const THIN_BPS = 16_000;
/** A try of pictures has passed, or failed, in ten seconds (the node's `uplink.rs`: TRIED). */
const TRIED_MS = 12_000;

/** The rate of the microphone's sender. */
export class VoiceRate {
  readonly #parameters: SenderParameters;
  #isThin = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(sender: RTCRtpSender) {
    this.#parameters = new SenderParameters(sender, (parameters) => this.#change(parameters));
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
    this.#isThin = isThin;
    this.#parameters.settle();
  }

  #change({ encodings }: RTCRtpSendParameters): boolean {
    const wanted = this.#isThin ? THIN_BPS : undefined;
    const others = encodings.filter(({ maxBitrate }) => maxBitrate !== wanted);
    for (const encoding of others) {
      if (wanted === undefined) delete encoding.maxBitrate;
      else encoding.maxBitrate = wanted;
    }
    return others.length > 0;
  }
}
