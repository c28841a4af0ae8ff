/** A WebSocket whose other end is the test: it opens, speaks and closes when told to. */

import type { ClientMessage, ServerMessage } from "../../src/protocol";

export class FakeWebSocket {
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  readonly sent: ClientMessage[] = [];
  /** The number of each, if it has one. */
  readonly numbers: (number | undefined)[] = [];
  /** The code the client closed with. */
  closedWith: number | null = null;
  /** Answers each ping, as a node does. Without, it is silent, and given up after some seconds. */
  answersPings = false;
  #seq = 0;

  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  send(text: string): void {
    const { seq, ...message } = JSON.parse(text) as ClientMessage & { seq?: number };
    this.sent.push(message);
    this.numbers.push(seq);
    if (message.type !== "ping" || !this.answersPings) return;
    const { id } = message;
    queueMicrotask(() => {
      this.says({ type: "pong", id, heard: 0 });
    });
  }

  close(code: number): void {
    this.closedWith = code;
    this.readyState = 3;
  }

  /** The node accepts the connection. */
  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  /** The node sends a message with the next number, or with `seq`. */
  says(message: ServerMessage, seq?: number): void {
    const isNumbered = message.type !== "pong" && message.type !== "reattached";
    if (isNumbered) this.#seq = seq ?? this.#seq + 1;
    this.onmessage?.({ data: JSON.stringify(isNumbered ? { seq: this.#seq, ...message } : message) });
  }

  /** Goes on with the numbers of another connection to the same peer. */
  continues(seq: number): this {
    this.#seq = seq;
    return this;
  }

  saysRaw(data: unknown): void {
    this.onmessage?.({ data });
  }

  /** The node, or the network, closes. */
  closes(code: number): void {
    this.readyState = 3;
    this.onclose?.({ code, reason: "" });
  }

  sentOfType<Type extends ClientMessage["type"]>(type: Type): Extract<ClientMessage, { type: Type }>[] {
    return this.sent.filter((message) => message.type === type) as Extract<ClientMessage, { type: Type }>[];
  }
}
