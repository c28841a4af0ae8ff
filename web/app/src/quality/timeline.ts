/** What a visit's timeline comes to: troubles, lines to draw, sums. Figures in, figures out. */

import type { QualityCause, QualityStretch } from "../api/model";

export type Direction = "receive" | "forward";
export const DIRECTIONS = ["receive", "forward"] as const satisfies readonly Direction[];
export const CAUSES = ["uplink", "downlink", "server", "device"] as const satisfies readonly QualityCause[];

/** The scale of a mean opinion score (ITU-T P.800.1). */
export const SCORE_MAX = 5;
export const SCORE_MIN = 1;

/** From an instant until just before another, in milliseconds since 1970. */
export interface Span {
  from: number;
  until: number;
}

/** Neighbouring stretches with the same cause. */
export interface Trouble extends Span {
  cause: QualityCause;
}

/** A second or two between two stretches is how a node counts, no absence. */
const SEAM_MS = 5_000;

export function spanOf(stretch: QualityStretch): Span {
  const from = Date.parse(stretch.at);
  return { from, until: from + stretch.seconds * 1_000 };
}

/** The time in which somebody was there; `null` when nobody was. */
export function spanOfAll(people: readonly { stretches: readonly QualityStretch[] }[]): Span | null {
  const spans = people.flatMap(({ stretches }) => stretches.map(spanOf));
  if (spans.length === 0) return null;
  return {
    from: Math.min(...spans.map(({ from }) => from)),
    until: Math.max(...spans.map(({ until }) => until)),
  };
}

/** What was amiss, in order of time. */
export function troublesOf(stretches: readonly QualityStretch[]): Trouble[] {
  const troubles: Trouble[] = [];
  for (const stretch of stretches) {
    const cause = stretch.cause ?? null;
    if (cause === null) continue;
    const { from, until } = spanOf(stretch);
    const last = troubles.at(-1);
    if (last?.cause === cause && from - last.until <= SEAM_MS) last.until = until;
    else troubles.push({ cause, from, until });
  }
  return troubles;
}

/** How long somebody was there, and how much of it was amiss, in seconds; the lowest score of each direction. */
export function sumsOf(stretches: readonly QualityStretch[]) {
  const seconds = (of: readonly QualityStretch[]) => of.reduce((sum, stretch) => sum + stretch.seconds, 0);
  const lowest = (direction: Direction) => {
    const scores = stretches.flatMap((stretch) => stretch[direction].mos_min ?? []);
    return scores.length === 0 ? null : Math.min(...scores);
  };
  return {
    seconds: seconds(stretches),
    amiss: seconds(stretches.filter((stretch) => (stretch.cause ?? null) !== null)),
    lowest: { receive: lowest("receive"), forward: lowest("forward") } satisfies Record<
      Direction,
      number | null
    >,
  };
}

/**
 * The path of a direction's score (SVG 2 §9.3), a step a stretch: across in seconds since `from`, down in points below the best
 * score. It begins anew where somebody was away or no score is known.
 */
export function scorePath(stretches: readonly QualityStretch[], direction: Direction, from: number): string {
  const steps: string[] = [];
  let end: number | null = null;
  for (const stretch of stretches) {
    const score = stretch[direction].mos_min ?? null;
    if (score === null) {
      end = null;
      continue;
    }
    const span = spanOf(stretch);
    const across = (at: number) => round((at - from) / 1_000);
    const goesOn = end !== null && span.from - end <= SEAM_MS;
    steps.push(goesOn ? "L" : "M", `${across(span.from)} ${round(SCORE_MAX - score)}H${across(span.until)}`);
    end = span.until;
  }
  return steps.join("");
}

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}
