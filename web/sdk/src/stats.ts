/** The own view of the connection, from `getStats()` (W3C webrtc-stats), as rates between two readings. */

/** One reading. Rates are `null` until there are two. */
export interface CallStats {
  /** Round trip of the nominated candidate pair. */
  rttMs: number | null;
  sendBps: number | null;
  receiveBps: number | null;
  /** Share of packets lost on the way from us, as the node reports it, 0 … 1. */
  sendLoss: number | null;
  /** Share of packets lost on the way to us since the last reading, 0 … 1. */
  receiveLoss: number | null;
  /** Video frames decoded since the start, over all lanes. */
  framesDecoded: number;
  /** Sum of the received audio's energy since the start (webrtc-stats `totalAudioEnergy`). */
  audioEnergy: number;
  /** For example `AEAD_AES_128_GCM`. */
  srtpCipher: string | null;
  dtlsCipher: string | null;
}

interface Counters {
  atMs: number;
  bytesSent: number;
  bytesReceived: number;
  packetsReceived: number;
  packetsLost: number;
}

/** The fields used here; TypeScript's DOM library knows only part of them. */
interface StatsEntry {
  type: string;
  kind?: string;
  timestamp: number;
  state?: string;
  nominated?: boolean;
  currentRoundTripTime?: number;
  bytesSent?: number;
  bytesReceived?: number;
  packetsReceived?: number;
  packetsLost?: number;
  fractionLost?: number;
  framesDecoded?: number;
  totalAudioEnergy?: number;
  srtpCipher?: string;
  dtlsCipher?: string;
}

/** Reads one connection again and again. A new peer needs a new reader. */
export class StatsReader {
  #before: Counters | null = null;

  read(report: RTCStatsReport): CallStats {
    const entries: StatsEntry[] = [];
    report.forEach((entry: StatsEntry) => entries.push(entry));
    const ofType = (type: string) => entries.filter((entry) => entry.type === type);
    const inbound = ofType("inbound-rtp");
    const transport = ofType("transport")[0];
    const pair = ofType("candidate-pair").find(({ nominated, state }) => nominated && state === "succeeded");
    const losses = ofType("remote-inbound-rtp").map(({ fractionLost }) => fractionLost ?? 0);

    const now: Counters = {
      atMs: transport?.timestamp ?? 0,
      bytesSent: transport?.bytesSent ?? 0,
      bytesReceived: transport?.bytesReceived ?? 0,
      packetsReceived: sum(inbound, "packetsReceived"),
      packetsLost: sum(inbound, "packetsLost"),
    };
    const before = this.#before;
    this.#before = now;

    return {
      rttMs: pair?.currentRoundTripTime === undefined ? null : pair.currentRoundTripTime * 1000,
      sendBps: rate(before, now, "bytesSent"),
      receiveBps: rate(before, now, "bytesReceived"),
      sendLoss: losses.length === 0 ? null : Math.max(...losses),
      receiveLoss: lossBetween(before, now),
      framesDecoded: sum(inbound, "framesDecoded"),
      audioEnergy: sum(inbound, "totalAudioEnergy"),
      srtpCipher: transport?.srtpCipher ?? null,
      dtlsCipher: transport?.dtlsCipher ?? null,
    };
  }
}

function sum(
  entries: StatsEntry[],
  field: "packetsReceived" | "packetsLost" | "framesDecoded" | "totalAudioEnergy",
): number {
  return entries.reduce((total, entry) => total + (entry[field] ?? 0), 0);
}

function rate(before: Counters | null, now: Counters, field: "bytesSent" | "bytesReceived"): number | null {
  if (before === null || now.atMs <= before.atMs) return null;
  return ((now[field] - before[field]) * 8 * 1000) / (now.atMs - before.atMs);
}

function lossBetween(before: Counters | null, now: Counters): number | null {
  if (before === null) return null;
  const lost = Math.max(0, now.packetsLost - before.packetsLost);
  const expected = lost + now.packetsReceived - before.packetsReceived;
  return expected > 0 ? lost / expected : null;
}
