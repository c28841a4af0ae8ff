/**
 * What is said to the node and heard from it about one peer, by number, across the connections that carry it. Nothing is
 * lost and nothing is done twice: what the other end has not confirmed is said again, and it passes over what it has done.
 */

import type { ClientMessage, NumberedMessage } from "./protocol";

export class Dialogue {
  #said = 0;
  #seen = 0;
  /** Said, and not confirmed: one entry a mute, so they are few between two pongs. */
  #kept: NumberedMessage[] = [];

  /** The highest number taken of the node's messages. */
  get seen(): number {
    return this.#seen;
  }

  /** What the node may not have. */
  get unconfirmed(): readonly NumberedMessage[] {
    return this.#kept;
  }

  /** Gives a message its number. */
  say(message: ClientMessage): NumberedMessage {
    this.#said += 1;
    const numbered = { seq: this.#said, message };
    this.#kept.push(numbered);
    return numbered;
  }

  /** The node has everything up to this number. */
  confirm(heard: number): void {
    this.#kept = this.#kept.filter(({ seq }) => seq > heard);
  }

  /** Takes the number of a message of the node; `false` for one that is not the next. Some have none. */
  hear(seq: number | null): boolean {
    if (seq === null) return true;
    if (seq !== this.#seen + 1) return false;
    this.#seen = seq;
    return true;
  }
}
