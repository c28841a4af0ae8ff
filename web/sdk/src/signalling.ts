/**
 * One signalling connection: a WebSocket from open to close. It keeps alive and delivers, and takes the numbers of the
 * dialogue that it carries; it decides nothing about the call and never reconnects. `Attachment` makes the next one.
 */

import type { Dialogue } from "./dialogue";
import { Emitter } from "./emitter";
import type { Platform } from "./platform";
import { type ClientMessage, CloseCode, PING_EVERY_MS, readFrame, type ServerMessage } from "./protocol";

/** Nothing heard for two pings and a little: the path is dead, whatever the socket believes. */
const SILENCE_MAX_MS = 2 * PING_EVERY_MS + 2_000;
/** A handshake that takes longer is a black hole; another try may take another path. */
const OPEN_WITHIN_MS = 10_000;
/** How long `probe` waits for an answer before it calls the connection dead. */
const PROBE_WITHIN_MS = 2_000;

/** How a connection closed: the peer's close code, or 1006 when it broke or was given up. */
export interface Closed {
  code: number;
  /** For a developer's log: never shown, never with anybody's data. */
  detail: string;
}

export interface SignallingEvents {
  message: ServerMessage;
  /** Fires once; nothing follows. */
  closed: Closed;
}

export class SignallingConnection extends Emitter<SignallingEvents> {
  readonly #socket: WebSocket;
  readonly #dialogue: Dialogue;
  /** The node has answered here. Before, nothing that was seen proves anything to it. */
  #isAnswered = false;
  #pings = 0;
  #isClosed = false;
  #pingTimer: ReturnType<typeof setInterval> | undefined;
  #silenceTimer: ReturnType<typeof setTimeout> | undefined;
  /** Settles when the socket is open; never settles if it closes before (see the `closed` event). */
  readonly opened: Promise<void>;

  constructor(platform: Platform, url: string, dialogue: Dialogue) {
    super();
    this.#dialogue = dialogue;
    this.#socket = platform.createWebSocket(url);
    this.#expectWithin(OPEN_WITHIN_MS, "the socket did not open in time");
    this.opened = new Promise((resolve) => {
      this.#socket.onopen = () => {
        this.#heard();
        this.#pingTimer = setInterval(() => {
          this.ping();
        }, PING_EVERY_MS);
        resolve();
      };
    });
    this.#socket.onmessage = (event: MessageEvent<unknown>) => {
      this.#read(event.data);
    };
    this.#socket.onclose = (event) => {
      this.#close(event.code, event.reason);
    };
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Sends a message, with its number if it has one. On a closed connection it does nothing: the dialogue keeps it. */
  send(message: ClientMessage, seq?: number): void {
    if (this.#isClosed || this.#socket.readyState !== 1 /* OPEN, HTML §WebSocket.readyState */) return;
    this.#socket.send(JSON.stringify({ seq, ...message }));
  }

  /** Asks the node to answer soon. For hints such as "the network changed" that are not proof. */
  probe(): void {
    if (this.#isClosed || !this.#isAnswered) return;
    this.ping();
    this.#expectWithin(PROBE_WITHIN_MS, "no answer to a probe");
  }

  /** Closes without an event: the caller knows. */
  close(): void {
    if (this.#isClosed) return;
    this.#release();
    this.#socket.close(CloseCode.NORMAL);
  }

  /** Confirms what has come, and asks for the same. */
  ping(): void {
    this.send({ type: "ping", id: ++this.#pings, seen: this.#isAnswered ? this.#dialogue.seen : 0 });
  }

  #read(data: unknown): void {
    if (this.#isClosed) return;
    const frame = typeof data === "string" ? readFrame(data) : null;
    if (frame === null) {
      this.#giveUp("a frame is not a message");
      return;
    }
    if (!this.#dialogue.hear(frame.seq)) {
      this.#giveUp(`message ${String(frame.seq)} came after ${String(this.#dialogue.seen)}`);
      return;
    }
    this.#isAnswered = true;
    this.#heard();
    if (frame.message.type === "pong") this.#dialogue.confirm(frame.message.heard);
    this.emit("message", frame.message);
  }

  #heard(): void {
    this.#expectWithin(SILENCE_MAX_MS, "nothing heard for too long");
  }

  #expectWithin(ms: number, otherwise: string): void {
    clearTimeout(this.#silenceTimer);
    this.#silenceTimer = setTimeout(() => {
      this.#giveUp(otherwise);
    }, ms);
  }

  /** Our own end finds the connection unusable. 1006 is what a broken socket reports (RFC 6455 §7.1.5). */
  #giveUp(detail: string): void {
    if (this.#isClosed) return;
    this.#socket.close(CloseCode.NORMAL);
    this.#close(1006, detail);
  }

  #close(code: number, detail: string): void {
    if (this.#isClosed) return;
    this.#release();
    this.emit("closed", { code, detail });
  }

  #release(): void {
    this.#isClosed = true;
    clearInterval(this.#pingTimer);
    clearTimeout(this.#silenceTimer);
  }
}
