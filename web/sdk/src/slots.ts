/**
 * What a page shows: one slot per other participant, and one per shared screen. Made from two facts that arrive
 * independently: who publishes what (roster), and which track is on which lane.
 */

import type { LaneState, Participant, Pause, Role, SeatId, Source } from "./protocol";

export interface Slot {
  /** Stable while the participant, or the screen, is there: use it as a key. */
  id: string;
  kind: "camera" | "screen";
  seat: SeatId;
  role: Role;
  /** False while the seat is held for somebody who lost the connection. */
  isConnected: boolean;
  /** True when nothing is to be heard: no microphone, or muted. Always true for a screen without sound. */
  isMuted: boolean;
  /** What to show, or `null` when the camera is off. Give it to a muted `<video>`. */
  video: MediaStream | null;
  /** Why `video` stands although the camera is on: somebody's connection is too slow for it. It comes back by itself. */
  paused: Pause | null;
  /** What to play: a stream of its own, so that sound never waits for a first frame. Give it to an `<audio>`. */
  audio: MediaStream | null;
}

/** Finds the media of a lane. */
export type LaneTrack = (mid: string) => MediaStreamTrack | null;

/** Keeps one stream per incoming track, so that a page's element is not reset by every roster change. */
export class Slots {
  readonly #createMediaStream: () => MediaStream;
  readonly #streams = new WeakMap<MediaStreamTrack, MediaStream>();

  constructor(createMediaStream: () => MediaStream) {
    this.#createMediaStream = createMediaStream;
  }

  /** Screens first: they are what everybody came to look at; then people in the roster's order. */
  build(others: readonly Participant[], lanes: readonly LaneState[], laneTrack: LaneTrack): Slot[] {
    const laneOf = (participant: Participant, source: Source) => {
      const track = activeTrack(participant, source);
      return track && lanes.find((state) => state.track === track.id && state.seat === participant.seat);
    };
    const streamOf = (participant: Participant, source: Source): MediaStream | null => {
      const lane = laneOf(participant, source);
      const media = lane && laneTrack(lane.mid);
      return media ? this.#streamOf(media) : null;
    };
    const screens = others.filter((participant) => activeTrack(participant, "screen"));
    return [
      ...screens.map((participant): Slot => ({
        ...base(participant, "screen", "screen_audio"),
        video: streamOf(participant, "screen"),
        paused: laneOf(participant, "screen")?.paused ?? null,
        audio: streamOf(participant, "screen_audio"),
      })),
      ...others.map((participant): Slot => ({
        ...base(participant, "camera", "microphone"),
        video: streamOf(participant, "camera"),
        paused: laneOf(participant, "camera")?.paused ?? null,
        audio: streamOf(participant, "microphone"),
      })),
    ];
  }

  #streamOf(track: MediaStreamTrack): MediaStream {
    let stream = this.#streams.get(track);
    if (stream === undefined) {
      stream = this.#createMediaStream();
      stream.addTrack(track);
      this.#streams.set(track, stream);
    }
    return stream;
  }
}

/** A slot's id: the same on every page and connection. */
export function slotId(seat: SeatId, kind: Slot["kind"]): string {
  return `${seat}:${kind}`;
}

function base(participant: Participant, kind: Slot["kind"], sound: Source) {
  return {
    id: slotId(participant.seat, kind),
    kind,
    seat: participant.seat,
    role: participant.role,
    isConnected: participant.connected,
    isMuted: activeTrack(participant, sound) === undefined,
  };
}

function activeTrack(participant: Participant, source: Source) {
  return participant.tracks.find((track) => track.source === source && track.active);
}
