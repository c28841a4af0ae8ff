/**
 * Whether anything comes from the node on the media path. The node sends something to everybody at least every 100 ms, in
 * a silent room too (`machine/heartbeat.rs`), so half a second of nothing at all is a path that is broken, not a room in
 * which nobody speaks. Sound that pauses (DTX) and muted people do not matter: every packet of the transport counts.
 *
 * The page's own timers are enough: a page that plays sound is not slowed down by browsers, and in a hidden one that plays
 * none they tick once a second, where nobody looks.
 */

import { Emitter } from "./emitter";

/** How often is looked. */
const LOOK_EVERY_MS = 200;
/** Four of the node's signs of life are missing, which loss alone hardly ever does. */
export const SILENT_AFTER_MS = 500;
/** From here on somebody notices. Below, a restart may have mended it already. */
export const NOTICED_AFTER_MS = 1_000;
/** The node forgets a peer without signalling that is silent for so long (`peer.rs`: SILENT_WITHOUT_SIGNAL_MAX). */
export const GONE_AFTER_MS = 8_000;
/** While it stays silent, another try may find the network that was not up before. */
export const AGAIN_EVERY_MS = 2_500;
/** A look that comes later than this says nothing: the page itself slept. */
const LATE_MS = 1_500;

export interface MediaWatchEvents {
  /** Nothing came for {@link SILENT_AFTER_MS}, and again every {@link AGAIN_EVERY_MS}. */
  silent: { forMs: number };
  /** Nothing came for {@link NOTICED_AFTER_MS}. */
  noticed: undefined;
  /** Something comes again. */
  heard: undefined;
  /** Nothing came for {@link GONE_AFTER_MS}. */
  gone: undefined;
}

/** The fields used here; TypeScript's DOM library does not know all of them. */
interface StatsEntry {
  type: string;
  packetsReceived?: number;
  bytesReceived?: number;
  lastPacketReceivedTimestamp?: number;
}

export class MediaWatch extends Emitter<MediaWatchEvents> {
  readonly #connection: RTCPeerConnection;
  #timer: ReturnType<typeof setInterval> | undefined;
  #count = -1;
  #lastLook = 0;
  #lastChange = 0;
  #lastTold = 0;
  #isNoticed = false;
  #isLooking = false;

  constructor(connection: RTCPeerConnection) {
    super();
    this.#connection = connection;
  }

  /** Begins, or goes on as if something had come just now. */
  start(): void {
    this.#lastLook = Date.now();
    this.#lastChange = this.#lastLook;
    this.#timer ??= setInterval(() => void this.#look(), LOOK_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** How long nothing has come. */
  get silentForMs(): number {
    return this.#timer === undefined ? 0 : Date.now() - this.#lastChange;
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const report = await this.#connection.getStats().catch(() => null);
    this.#isLooking = false;
    if (this.#timer === undefined || report === null) return;
    const now = Date.now();
    const since = now - this.#lastLook;
    this.#lastLook = now;
    const { count, lastAt } = received(report);
    if (count !== this.#count || since > LATE_MS) {
      // Where the browser says when, a silence is known to the packet and not to the look.
      this.#hear(count, now, Math.min(now, Math.max(now - Math.min(since, LOOK_EVERY_MS), lastAt ?? now)));
      return;
    }
    const forMs = now - this.#lastChange;
    if (forMs >= GONE_AFTER_MS) {
      this.stop();
      this.emit("gone", undefined);
      return;
    }
    if (forMs >= NOTICED_AFTER_MS && !this.#isNoticed) {
      this.#isNoticed = true;
      this.emit("noticed", undefined);
    }
    if (forMs >= SILENT_AFTER_MS && now - this.#lastTold >= AGAIN_EVERY_MS) {
      this.#lastTold = now;
      this.emit("silent", { forMs });
    }
  }

  #hear(count: number, now: number, at: number): void {
    const wasTold = this.#lastTold > 0;
    const came = count !== this.#count;
    this.#count = count;
    this.#lastChange = came ? at : now;
    if (!came || !wasTold) return;
    this.#lastTold = 0;
    this.#isNoticed = false;
    this.emit("heard", undefined);
  }
}

/** What the transport has received; where a browser does not count it, what the streams have. */
function received(report: RTCStatsReport): { count: number; lastAt: number | undefined } {
  let lastAt: number | undefined;
  let transport: number | undefined;
  let streams = 0;
  report.forEach((entry: StatsEntry) => {
    if (entry.type === "transport" && entry.packetsReceived !== undefined) {
      transport = (transport ?? 0) + entry.packetsReceived;
    }
    if (entry.lastPacketReceivedTimestamp !== undefined && entry.type === "candidate-pair") {
      lastAt = Math.max(lastAt ?? 0, entry.lastPacketReceivedTimestamp);
    }
    if (entry.type === "candidate-pair" || entry.type === "inbound-rtp") {
      streams += entry.bytesReceived ?? 0;
    }
  });
  return { count: transport ?? streams, lastAt };
}
