/** A data channel whose node is the test. */

import type { ClientChat, NodeChat } from "../../src/chat-protocol";

export class FakeDataChannel {
  readonly label: string;
  readonly init: RTCDataChannelInit;
  readyState: RTCDataChannelState = "connecting";
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  /** What was sent, oldest first. */
  readonly sent: ClientChat[] = [];

  constructor(label: string, init: RTCDataChannelInit) {
    this.label = label;
    this.init = init;
  }

  send(text: string): void {
    if (this.readyState !== "open") throw new DOMException("scripted", "InvalidStateError");
    this.sent.push(JSON.parse(text) as ClientChat);
  }

  /** The node's end is there. */
  opens(): this {
    this.readyState = "open";
    this.onopen?.();
    return this;
  }

  says(...messages: NodeChat[]): this {
    for (const message of messages) this.onmessage?.({ data: JSON.stringify(message) });
    return this;
  }

  /** It is gone. */
  closes(): void {
    this.readyState = "closed";
    this.onclose?.();
  }

  /** The numbers and texts that were said. */
  get saidTexts(): string[] {
    return this.sent.flatMap((message) => (message.type === "say" ? [message.text] : []));
  }
}
