/**
 * Tells the node at what size each picture is shown. A page speaks of slots, the node of lanes: what a page said of a slot
 * follows it to whichever lane it is on, and to the next session.
 */

import type { LaneView, ViewSize } from "./protocol";
import { EMPTY_ROSTER, type Roster } from "./roster";
import { slotId } from "./slots";

/** Between two messages: half of the rate that the node takes (`limits.rs`: SIGNAL_MESSAGES_PER_SECOND). */
const PACE_MS = 100;

export class Views {
  readonly #send: (lanes: LaneView[]) => void;
  /** What the page said, by slot. */
  readonly #sizes = new Map<string, ViewSize>();
  /** What this session's node was told last, by lane. */
  readonly #told = new Map<string, ViewSize>();
  #roster: Roster = EMPTY_ROSTER;
  #nextAtMs = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(send: (lanes: LaneView[]) => void) {
    this.#send = send;
  }

  /** The page shows a slot at this size. */
  setSize(slot: string, size: ViewSize): void {
    this.#sizes.set(slot, size);
    this.#schedule();
  }

  /** A session is in the room: its node is told everything. */
  begin(roster: Roster): void {
    this.#told.clear();
    this.setRoster(roster);
  }

  /** Somebody came or went, or tracks are on other lanes. */
  setRoster(roster: Roster): void {
    this.#roster = roster;
    const slots = new Set(
      roster.others.flatMap(({ seat }) => [slotId(seat, "camera"), slotId(seat, "screen")]),
    );
    for (const slot of this.#sizes.keys()) {
      if (!slots.has(slot)) this.#sizes.delete(slot);
    }
    this.#schedule();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** The first change goes out at the end of its task, so that a page's tiles come together; the next ones in turn. */
  #schedule(): void {
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        this.#tell();
      },
      Math.max(0, this.#nextAtMs - Date.now()),
    );
  }

  #tell(): void {
    const lanes = this.#changes();
    if (lanes.length === 0) return;
    for (const { mid, size } of lanes) this.#told.set(mid, size);
    this.#nextAtMs = Date.now() + PACE_MS;
    this.#send(lanes);
  }

  #changes(): LaneView[] {
    const changes: LaneView[] = [];
    for (const { mid, slot } of this.#shownLanes()) {
      const told = this.#told.get(mid);
      // A new lane is at its full size; one that was told something keeps that until it is told otherwise.
      const size = this.#sizes.get(slot) ?? (told === undefined ? undefined : "full");
      if (size !== undefined && size !== told) changes.push({ mid, size });
    }
    return changes;
  }

  /** The lanes with a picture on them. Those with sound have no size. */
  #shownLanes(): { mid: string; slot: string }[] {
    const { others, lanes } = this.#roster;
    return lanes.flatMap(({ mid, track, seat }) => {
      const tracks = others.find((other) => other.seat === seat)?.tracks;
      const source = tracks?.find(({ id }) => id === track)?.source;
      if (seat === null || (source !== "camera" && source !== "screen")) return [];
      return [{ mid, slot: slotId(seat, source) }];
    });
  }
}
