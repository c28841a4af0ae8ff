/**
 * One thing this participant can publish: a microphone, a camera or a screen. It holds the track and whether it
 * is on; it outlives peers, so a reconnect publishes the same. Changes run one after another.
 */

import { DeviceError, type DeviceProblem } from "./device-problem";
import { Emitter } from "./emitter";
import type { PublishedSource } from "./peer";

/** Opens the device, or the one with this id. @throws {@link DeviceError} */
export type OpenDevice = (deviceId: string | null) => Promise<MediaStreamTrack>;

export interface LocalSourceEvents {
  /** The track, or whether it is on, changed: send the new state. */
  change: undefined;
}

export class LocalSource extends Emitter<LocalSourceEvents> {
  readonly source: PublishedSource;
  readonly #open: OpenDevice;
  /** A microphone stays open while muted, so that unmuting is instant; a camera or screen is let go of. */
  readonly #keepsOpen: boolean;
  #track: MediaStreamTrack | null = null;
  #deviceId: string | null = null;
  #isOn = false;
  #problem: DeviceProblem | null = null;
  /** The call is over. A prompt may be answered after that: what opens then is let go of at once. */
  #isStopped = false;
  #queue: Promise<void> = Promise.resolve();

  constructor(source: PublishedSource, open: OpenDevice) {
    super();
    this.source = source;
    this.#open = open;
    this.#keepsOpen = source === "microphone";
  }

  get track(): MediaStreamTrack | null {
    return this.#track;
  }

  /** What goes to the node: `null` while off. */
  get sentTrack(): MediaStreamTrack | null {
    return this.#isOn ? this.#track : null;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** Why the device could not be opened the last time, or that it went away. */
  get problem(): DeviceProblem | null {
    return this.#problem;
  }

  /** Takes over a track that the page has opened. The source stops it when it is done with it. */
  adopt(track: MediaStreamTrack): void {
    if (this.#isStopped) {
      track.stop();
      return;
    }
    this.#hold(track);
    this.#isOn = true;
    this.emit("change", undefined);
  }

  /** The device could not be opened, by whoever tried. */
  fail(problem: DeviceProblem): void {
    this.#problem = problem;
    this.emit("change", undefined);
  }

  /** Turns it on (opening the device if needed) or off. Does not throw: see `problem`. */
  setOn(on: boolean): Promise<void> {
    return this.#inTurn(async () => {
      if (on === this.#isOn) return;
      if (on && this.#track?.readyState !== "live") this.#hold(await this.#openChosen());
      this.#isOn = on;
      if (this.#track !== null) this.#track.enabled = on;
      if (!on && !this.#keepsOpen) this.#release();
    });
  }

  /** Uses another device from now on; on or off stays as it is. */
  setDevice(deviceId: string): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#isOn || (this.#keepsOpen && this.#track !== null)) {
        // Opened before the old one is let go of: a failure leaves the picture as it was.
        const track = await this.#open(deviceId);
        track.enabled = this.#isOn;
        this.#hold(track);
      }
      this.#deviceId = deviceId;
    });
  }

  /** Lets go of the device, for good. */
  stop(): void {
    this.#isStopped = true;
    this.#letGo();
    this.emit("change", undefined);
  }

  /** The device that was used last; where that is gone, the browser's default. */
  async #openChosen(): Promise<MediaStreamTrack> {
    try {
      return await this.#open(this.#deviceId);
    } catch (error) {
      const isGone = error instanceof DeviceError && error.problem === "not_found";
      if (!isGone || this.#deviceId === null) throw error;
      return await this.#open(null);
    }
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#queue = this.#queue.then(async () => {
      if (this.#isOver()) return;
      try {
        await work();
        this.#problem = null;
      } catch (error) {
        this.#problem = error instanceof DeviceError ? error.problem : "failed";
      }
      if (this.#isOver()) {
        this.#letGo();
        return;
      }
      this.emit("change", undefined);
    });
    return this.#queue;
  }

  #hold(track: MediaStreamTrack): void {
    this.#release();
    this.#track = track;
    this.#deviceId = track.getSettings().deviceId ?? this.#deviceId;
    track.onended = () => {
      // Unplugged, or "stop sharing" in the browser's own bar. `stop()` by us does not fire this.
      if (this.#track !== track) return;
      const wasOn = this.#isOn;
      this.#track = null;
      this.#isOn = false;
      this.#problem = this.source === "screen" ? null : "not_found";
      this.emit("change", undefined);
      // Who speaks goes on with another microphone (a headset's cable came off). Another camera may show what nobody
      // meant to show: that takes a click.
      if (wasOn && this.source === "microphone") void this.setOn(true);
    };
  }

  /** Asked anew after each wait: `stop` may have run meanwhile. */
  #isOver(): boolean {
    return this.#isStopped;
  }

  #letGo(): void {
    this.#isOn = false;
    this.#release();
  }

  #release(): void {
    if (this.#track !== null) {
      this.#track.onended = null;
      this.#track.stop();
    }
    this.#track = null;
  }
}
