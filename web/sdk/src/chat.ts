/**
 * What is written during a visit, across every connection that it goes over: each text once, in the order of the node.
 *
 * ```text
 * say ──▶ unsaid ──channel open──▶ node ──said──▶ told
 *            │                       └──refused──▶ refused: stays where it was said, until it is said again or dismissed
 *            └── said again on every new channel until the node answers: it knows what it has heard
 * ```
 */

import { type ClientChat, faultOf, type NodeChat, readChat, type TextFault } from "./chat-protocol";
import type { SeatId } from "./protocol";

/** Texts that a page keeps: more than a visit has. The oldest go. */
const TOLD_MAX = 500;
/** Texts that wait for the node; beyond, one is not taken. */
const UNSAID_MAX = 50;

/** Something that somebody wrote. */
export interface ChatMessage {
  /** The same from when it was said until the page is closed. */
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
  /** In order, refused ones where they were said; own ones that are under way last. */
  messages: readonly ChatMessage[];
}

/** What becomes of a text: `taken`, or why it is not. `too_many` are under way already; `over` is the call. */
export type Said = "taken" | TextFault | "too_many" | "over";

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
      for (const { id, text } of this.#own) this.#send({ type: "say", id, text });
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

  say(text: string): Said {
    const trimmed = text.trim();
    const fault = faultOf(trimmed);
    if (fault !== null) return fault;
    if (this.#own.length >= UNSAID_MAX) return "too_many";
    // From a random start, so that a page that is loaded again does not repeat numbers of its seat.
    this.#nextId ??= Math.floor(this.#random() * 2 ** 52);
    const id = this.#nextId++;
    const key = `own:${String(id)}`;
    this.#own.push({ key, id, seat: this.seat, text: trimmed, at: new Date(), state: "sending" });
    this.#send({ type: "say", id, text: trimmed });
    this.#change();
    return "taken";
  }

  /** Takes a refused text out of sight. */
  dismiss(key: string): void {
    if (this.#refused(key) === undefined) return;
    this.#told = this.#told.filter((message) => message.key !== key);
    this.#change();
  }

  /** Says a refused text as a new one; it stays where it is when it is not taken. */
  sayAgain(key: string): Said {
    const refused = this.#refused(key);
    // Answered already, by a second press of the same button.
    if (refused === undefined) return "taken";
    const said = this.say(refused.text);
    if (said === "taken") this.dismiss(key);
    return said;
  }

  #refused(key: string): ChatMessage | undefined {
    return this.#told.find((message) => message.key === key && message.state === "refused");
  }

  #read(message: NodeChat): void {
    switch (message.type) {
      case "hearing":
        if (this.#log !== message.log) this.#seen = 0;
        this.#log = message.log;
        this.#mayJump = true;
        return;
      case "refused":
        this.#refuse(message.id);
        break;
      case "said": {
        const { number, seat, at_ms, id, text } = message;
        if (number > this.#seen + 1 && !this.#mayJump) {
          // One is missing: what follows is told again behind it.
          this.#hear();
          return;
        }
        const own = id === undefined ? undefined : this.#takeOwn(id);
        if (number > this.#seen) {
          this.#mayJump = false;
          this.#seen = number;
          // An own one keeps its key: a page goes on with the same element, and nobody hears it read a second time.
          const key = own?.key ?? `${this.#log ?? ""}:${String(number)}`;
          this.#tell({ key, seat, text, at: new Date(at_ms), state: "sent" });
        }
        break;
      }
    }
    this.#change();
  }

  #refuse(id: number): void {
    const own = this.#takeOwn(id);
    if (own === undefined) return;
    const { key, seat, text, at } = own;
    this.#tell({ key, seat, text, at, state: "refused" });
  }

  /** An own text that is under way, which is answered now. */
  #takeOwn(id: number): Own | undefined {
    const own = this.#own.find((one) => one.id === id);
    this.#own = this.#own.filter((one) => one !== own);
    return own;
  }

  #tell(message: ChatMessage): void {
    this.#told = [...this.#told, message].slice(-TOLD_MAX);
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
