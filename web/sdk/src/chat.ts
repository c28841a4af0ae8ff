/**
 * What is written during a visit, across every connection that it goes over: each text once, in the order of the node.
 *
 * ```text
 * say ──▶ unsaid ──channel open──▶ node ──said──▶ told
 *            │                       └──refused──▶ refused, stays to be seen
 *            └── said again on every new channel until the node answers: it knows what it has heard
 * ```
 */

import { type ClientChat, isText, type NodeChat, readChat } from "./chat-protocol";
import type { SeatId } from "./protocol";

/** Texts that a page keeps: more than a visit has. The oldest go. */
const TOLD_MAX = 500;
/** Texts that wait for the node; beyond, one is not taken. */
const UNSAID_MAX = 50;

/** Something that somebody wrote. */
export interface ChatMessage {
  /** A stable key. */
  key: string;
  seat: SeatId;
  /** As it was written: show it as text, never as HTML. */
  text: string;
  at: Date;
  /** `sending` until the node has told it to everybody; `refused` when it will not. */
  state: "sending" | "sent" | "refused";
}

export interface ChatView {
  /** Whether texts go out now. While it is not, what is said waits. */
  isOpen: boolean;
  /** In order; own ones that are under way last. */
  messages: readonly ChatMessage[];
}

export const NO_CHAT: ChatView = { isOpen: false, messages: [] };

interface Own extends ChatMessage {
  id: number;
}

export class Chat {
  readonly #onChange: (view: ChatView) => void;
  readonly #random: () => number;
  #channel: RTCDataChannel | null = null;
  #log: string | null = null;
  /** The highest number that was told. */
  #seen = 0;
  /** The next number may be any: it is the first after `hearing`. */
  #mayJump = false;
  #nextId: number | null = null;
  #told: ChatMessage[] = [];
  #own: Own[] = [];
  seat: SeatId = "";

  constructor(random: () => number, onChange: (view: ChatView) => void) {
    this.#random = random;
    this.#onChange = onChange;
  }

  /** Uses this channel as soon as it is open; the one before serves until then. */
  attach(channel: RTCDataChannel): void {
    channel.onopen = () => {
      this.#channel = channel;
      this.#hear();
      for (const { id, text, state } of this.#own) {
        if (state === "sending") this.#send({ type: "say", id, text });
      }
      this.#change();
    };
    channel.onmessage = ({ data }) => {
      const message = readChat(data);
      if (channel === this.#channel && message !== null) this.#read(message);
    };
    channel.onclose = () => {
      if (channel !== this.#channel) return;
      this.#channel = null;
      this.#change();
    };
  }

  /** Whether it was taken: not blank, not too long, and not too many under way. */
  say(text: string): boolean {
    const trimmed = text.trim();
    const waiting = this.#own.filter(({ state }) => state === "sending").length;
    if (!isText(trimmed) || waiting >= UNSAID_MAX) return false;
    // From a random start, so that a page that is loaded again does not repeat numbers of its seat.
    this.#nextId ??= Math.floor(this.#random() * 2 ** 52);
    const id = this.#nextId++;
    const key = `own:${String(id)}`;
    this.#own.push({ key, id, seat: this.seat, text: trimmed, at: new Date(), state: "sending" });
    this.#send({ type: "say", id, text: trimmed });
    this.#change();
    return true;
  }

  #read(message: NodeChat): void {
    switch (message.type) {
      case "hearing":
        if (this.#log !== message.log) this.#seen = 0;
        this.#log = message.log;
        this.#mayJump = true;
        return;
      case "refused":
        this.#own = this.#own.map((own) => (own.id === message.id ? { ...own, state: "refused" } : own));
        break;
      case "said": {
        const { number, seat, at_ms, id, text } = message;
        if (id !== undefined) this.#own = this.#own.filter((own) => own.id !== id);
        if (number > this.#seen + 1 && !this.#mayJump) {
          // One is missing: what follows is told again behind it.
          this.#hear();
          return;
        }
        if (number > this.#seen) {
          this.#mayJump = false;
          this.#seen = number;
          const key = `${this.#log ?? ""}:${String(number)}`;
          const told: ChatMessage = { key, seat, text, at: new Date(at_ms), state: "sent" };
          this.#told = [...this.#told, told].slice(-TOLD_MAX);
        }
        break;
      }
    }
    this.#change();
  }

  #hear(): void {
    this.#send({ type: "hear", log: this.#log, after: this.#seen });
  }

  #send(message: ClientChat): void {
    if (this.#channel?.readyState !== "open") return;
    try {
      this.#channel.send(JSON.stringify(message));
    } catch {
      // Its buffer is full: it is said again on the next channel.
    }
  }

  #change(): void {
    this.#onChange({ isOpen: this.#channel !== null, messages: [...this.#told, ...this.#own] });
  }
}
