/** The pure functions: device problems, levels, SDP, statistics. */

import { describe, expect, it } from "vitest";

import { deviceProblem } from "../src/device-problem";
import { levelOf } from "../src/level-meter";
import { preferredCodecs, withInbandFec } from "../src/sdp";
import { StatsReader } from "../src/stats";

describe("a device problem", () => {
  it.each([
    ["NotAllowedError", "denied"],
    ["SecurityError", "denied"],
    ["NotReadableError", "busy"],
    ["AbortError", "busy"],
    ["NotFoundError", "not_found"],
    ["OverconstrainedError", "not_found"],
    ["TypeError", "unsupported"],
    ["InvalidStateError", "failed"],
  ])("%s is %s", (name, problem) => {
    expect(deviceProblem(Object.assign(new Error(), { name }))).toBe(problem);
  });
});

describe("the level", () => {
  it("is 0 in silence and 1 at full scale, and rises between", () => {
    const level = (amplitude: number) => levelOf(new Float32Array(64).fill(amplitude));

    expect(level(0)).toBe(0);
    expect(level(1)).toBe(1);
    expect(level(0.03)).toBeGreaterThan(0.4);
    expect(level(0.03)).toBeLessThan(0.7);
  });
});

describe("in-band FEC", () => {
  const sdp = "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10\r\na=fmtp:96 max-fr=30\r\n";

  it("is asked for in Opus lines only", () => {
    expect(withInbandFec(sdp)).toBe(
      "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\na=fmtp:96 max-fr=30\r\n",
    );
  });

  it("is asked for once, and left alone where it is already decided", () => {
    expect(withInbandFec(withInbandFec(sdp))).toBe(withInbandFec(sdp));
    const off = sdp.replace("minptime=10", "useinbandfec=0");
    expect(withInbandFec(off)).toBe(off);
  });
});

describe("the offered codecs", () => {
  it("are those that the node forwards, VP8 first, and one form of H.264", () => {
    const codec = (mimeType: string, sdpFmtpLine?: string) => ({ mimeType, clockRate: 90_000, sdpFmtpLine });
    const h264 = (mode: number, profile: string) =>
      codec(
        "video/H264",
        `level-asymmetry-allowed=1;packetization-mode=${String(mode)};profile-level-id=${profile}`,
      );

    const offered = preferredCodecs([
      codec("video/AV1"),
      codec("video/rtx"),
      h264(1, "42e01f"),
      h264(0, "42e01f"),
      h264(1, "64001f"),
      codec("video/VP9"),
      codec("video/VP8"),
      codec("video/ulpfec"),
    ]);

    expect(offered.map(({ mimeType }) => mimeType)).toEqual(["video/VP8", "video/H264", "video/rtx"]);
  });

  it("offers sound with earlier packets in it behind plain Opus, which is what the microphone sends", () => {
    const codec = (mimeType: string) => ({ mimeType, clockRate: 48000, channels: 2 });

    const offered = preferredCodecs([codec("audio/red"), codec("audio/PCMU"), codec("audio/opus")]);

    expect(offered.map(({ mimeType }) => mimeType)).toEqual(["audio/opus", "audio/red"]);
  });
});

describe("statistics", () => {
  const report = (atMs: number, bytes: number, received: number, lost: number) =>
    new Map<string, unknown>([
      [
        "t",
        {
          type: "transport",
          timestamp: atMs,
          bytesSent: bytes,
          bytesReceived: 2 * bytes,
          srtpCipher: "AEAD_AES_128_GCM",
        },
      ],
      ["p", { type: "candidate-pair", nominated: true, state: "succeeded", currentRoundTripTime: 0.012 }],
      [
        "v",
        {
          type: "inbound-rtp",
          kind: "video",
          packetsReceived: received,
          packetsLost: lost,
          framesDecoded: 7,
        },
      ],
      [
        "a",
        {
          type: "inbound-rtp",
          kind: "audio",
          packetsReceived: received,
          packetsLost: 0,
          totalAudioEnergy: 0.5,
        },
      ],
    ]) as unknown as RTCStatsReport;

  it("are rates between two readings", () => {
    const reader = new StatsReader();

    const first = reader.read(report(1000, 0, 0, 0));
    const second = reader.read(report(3000, 250_000, 45, 10));

    expect(first).toMatchObject({
      sendBps: null,
      receiveLoss: null,
      rttMs: 12,
      framesDecoded: 7,
      audioEnergy: 0.5,
    });
    expect(second).toMatchObject({ sendBps: 1_000_000, receiveBps: 2_000_000, receiveLoss: 0.1 });
    expect(second.srtpCipher).toBe("AEAD_AES_128_GCM");
  });
});
