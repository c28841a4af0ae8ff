/**
 * Whether the own device has too much to do, by the browser's own word: webrtc-stats `qualityLimitationReason` of what is sent.
 * The node is told when it changes, so that a picture that stands is not taken for a bad connection.
 */

import type { DeviceLimited } from "./protocol";

/** Looks in a row that show it, some two seconds apart: a moment is over before anybody could do something about it. */
const LASTS_LOOKS = 3;

interface OutboundEntry {
  type: string;
  kind?: string;
  qualityLimitationReason?: string;
}

export class DeviceLimit {
  #told: DeviceLimited = "none";
  #looks = 0;

  /** Begins anew: another session knows nothing. */
  restart(): void {
    this.#told = "none";
    this.#looks = 0;
  }

  /** What to tell now; `null` for nothing new. */
  read(report: RTCStatsReport): DeviceLimited | null {
    let now: DeviceLimited = "none";
    report.forEach(({ type, kind, qualityLimitationReason }: OutboundEntry) => {
      if (type === "outbound-rtp" && kind === "video" && qualityLimitationReason === "cpu") now = "cpu";
    });
    this.#looks = now === this.#told ? 0 : this.#looks + 1;
    if (this.#looks < LASTS_LOOKS) return null;
    this.#looks = 0;
    this.#told = now;
    return now;
  }
}
