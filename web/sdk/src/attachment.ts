/**
 * The signalling of one peer, over as many connections as it takes. A connection that breaks is replaced by another that
 * is attached to the same peer, whose media goes on meanwhile: nothing is lost, nothing is done twice.
 *
 * ```text
 * open ──joined──▶ attached ──broken──▶ detached ──reattached──▶ attached …
 *                      │                    └──refused──▶ closed (once, with the next step)
 *                      └─race: a spare connection is opened beside, and takes over if it is there first
 * ```
 */

import { backoffMs, STABLE_AFTER_MS } from "./backoff";
import { Dialogue } from "./dialogue";
import { Emitter } from "./emitter";
import { afterClose, type LastWords, type NextStep } from "./outcome";
import type { Platform } from "./platform";
import type { ClientMessage, ServerMessage } from "./protocol";
import { type Closed, SignallingConnection } from "./signalling";

export interface AttachmentEvents {
  message: ServerMessage;
  /** The connection broke; another is on its way. */
  detached: { detail: string; attempt: number };
  /** Another connection carries on. */
  reattached: undefined;
  /** Fires once; nothing follows. */
  closed: { next: NextStep; detail: string };
}

export class Attachment extends Emitter<AttachmentEvents> {
  readonly #platform: Platform;
  readonly #url: string;
  readonly #dialogue = new Dialogue();
  #connection: SignallingConnection;
  #spare: SignallingConnection | null = null;
  #lastWords: LastWords = firstWords(false);
  #resume: string | null = null;
  #attempt = 0;
  #isClosed = false;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #stableTimer: ReturnType<typeof setTimeout> | undefined;
  /** Settles when the first connection is open. */
  readonly opened: Promise<void>;

  constructor(platform: Platform, url: string) {
    super();
    this.#platform = platform;
    this.#url = url;
    this.#connection = this.#connect();
    this.opened = this.#connection.opened;
  }

  /** The newest secret; `null` before `joined`. */
  get resume(): string | null {
    return this.#resume;
  }

  /** Whether the node hears what is said now. */
  get isAttached(): boolean {
    return this.#lastWords.attached && !this.#connection.isClosed;
  }

  /** Says the first message, that opens the seat. */
  begin(message: ClientMessage): void {
    this.#connection.send(message);
  }

  /** Says what changes something: now, or as soon as there is a connection again. */
  say(message: ClientMessage): void {
    const { seq } = this.#dialogue.say(message);
    if (this.#lastWords.attached) this.#connection.send(message, seq);
  }

  /** Something may have changed (network, page shown again): find out soon. */
  probe(): void {
    if (this.#retryTimer === undefined) {
      this.#connection.probe();
      return;
    }
    this.#attempt = 0;
    this.#retry();
  }

  /**
   * The way to the node may be gone although the socket stands: opens another connection beside. Who answers first wins; an
   * answer is one round trip away, an open connection three.
   */
  race(): void {
    if (!this.isAttached || this.#spare !== null) return;
    const spare = new SignallingConnection(this.#platform, this.#url, this.#dialogue);
    this.#spare = spare;
    spare.on("closed", () => {
      if (this.#spare === spare) this.#spare = null;
    });
    void spare.opened.then(() => {
      if (this.#spare !== spare) return;
      this.#spare = null;
      clearTimeout(this.#retryTimer);
      this.#retryTimer = undefined;
      this.#connection.close();
      this.#listen(spare);
      this.#reattach();
    });
  }

  /** The node has answered: the connection is good. */
  endRace(): void {
    this.#spare?.close();
    this.#spare = null;
  }

  /** Closes without an event: the caller knows. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#stableTimer);
    this.endRace();
    this.#connection.close();
  }

  #connect(): SignallingConnection {
    const connection = new SignallingConnection(this.#platform, this.#url, this.#dialogue);
    this.#listen(connection);
    return connection;
  }

  #listen(connection: SignallingConnection): void {
    this.#connection = connection;
    this.#lastWords = firstWords(this.#resume !== null);
    connection.on("message", (message) => {
      this.#read(message);
    });
    connection.on("closed", (closed) => {
      this.#onClosed(closed);
    });
  }

  #read(message: ServerMessage): void {
    if (message.type === "refused") this.#lastWords.refused = message.problem;
    if (message.type === "ended") this.#lastWords.ended = message.reason;
    if (message.type === "joined" || message.type === "reattached") {
      this.#resume = message.resume;
      this.#lastWords.attached = true;
    }
    if (message.type === "reattached") {
      this.#dialogue.confirm(message.heard);
      // With it the node knows that the new secret is here, and ends the old one.
      this.#connection.ping();
      this.#stableTimer = setTimeout(() => (this.#attempt = 0), STABLE_AFTER_MS);
      this.emit("reattached", undefined);
      return;
    }
    this.emit("message", message);
  }

  #onClosed({ code, detail }: Closed): void {
    clearTimeout(this.#stableTimer);
    const next = afterClose(code, this.#lastWords);
    const why = `socket closed with ${String(code)}: ${detail}`;
    this.#lastWords.attached = false;
    if (next.step !== "reattach" || this.#resume === null) {
      this.#isClosed = true;
      this.endRace();
      this.emit("closed", { next, detail: why });
      return;
    }
    this.emit("detached", { detail: why, attempt: this.#attempt });
    if (!this.#isClosed) this.#retry();
  }

  #retry(): void {
    // A spare that is on its way is as good as the next attempt.
    const delay = this.#spare === null ? backoffMs(this.#attempt, () => this.#platform.random()) : 0;
    this.#attempt += 1;
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = undefined;
      const connection = this.#spare ?? new SignallingConnection(this.#platform, this.#url, this.#dialogue);
      this.#spare = null;
      this.#listen(connection);
      void connection.opened.then(() => {
        if (this.#connection === connection) this.#reattach();
      });
    }, delay);
  }

  /** Says at once what the node may not have: it passes over what it has done. */
  #reattach(): void {
    if (this.#resume === null || this.#isClosed) return;
    this.#connection.send({ type: "reattach", resume: this.#resume, seen: this.#dialogue.seen });
    for (const { seq, message } of this.#dialogue.unconfirmed) this.#connection.send(message, seq);
  }
}

function firstWords(reattaches: boolean): LastWords {
  return { ended: null, refused: null, attached: false, reattaches };
}
