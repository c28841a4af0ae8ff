/** A camera should be sent as the page asks, in one stream that holds all sizes, and in VP8 where browser or room cannot. */

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import type { CameraCodec, SentCamera } from "../src/camera-codec";
import { answeredCodec, preferredCodecs } from "../src/sdp";
import { FakePlatform } from "./fakes/platform";
import { answer, joiningCall, settle } from "./fakes/room";

const CAMERA = "1";
const DESCRIPTOR = {
  uri: "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
  direction: "sendrecv",
};
const answerOf = (codec: string, rids: string) =>
  `v=0\r\nm=audio 9 X 111\r\na=mid:0\r\na=rtpmap:111 opus/48000/2\r\n` +
  `m=video 9 X 98\r\na=mid:1\r\na=rtpmap:98 ${codec}/90000\r\na=simulcast:recv ${rids}\r\n`;

const codec = (mimeType: string, sdpFmtpLine?: string) => ({ mimeType, clockRate: 90_000, sdpFmtpLine });
const CODECS = [
  codec("video/VP8"),
  codec("video/rtx"),
  codec("video/VP9", "profile-id=0"),
  codec("video/VP9", "profile-id=2"),
  codec("video/AV1", "level-idx=5;profile=0;tier=0"),
  codec("video/AV1", "level-idx=5;profile=1;tier=0"),
] as RTCRtpCodec[];

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("RTCRtpReceiver", { getCapabilities: () => ({ codecs: CODECS }) });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A browser takes a moment for each change of parameters. */
const changed = () => vi.advanceTimersByTimeAsync(50);

interface Browser {
  encodes?: string[];
  extensions?: { uri: string; direction: string }[];
}

async function call(
  cameraCodec: CameraCodec,
  sdp: string,
  { encodes = ["video/VP9 L3T3_KEY"], extensions = [DESCRIPTOR] }: Browser = {},
) {
  const platform = new FakePlatform();
  for (const one of encodes) platform.encodes.add(one);
  const create = platform.createPeerConnection.bind(platform);
  platform.createPeerConnection = (configuration) => {
    const made = create(configuration);
    platform.peer.headerExtensions = structuredClone(extensions);
    return made;
  };
  const { call } = await joiningCall({ platform, cameraCodec, join: { microphone: true, camera: true } });
  const told: SentCamera[] = [];
  call.on("camera", (sent) => told.push(sent));
  await answer(platform, { answer: sdp });
  await settle();
  await changed();
  const camera = platform.peer.transceivers.find(({ mid }) => mid === CAMERA);
  if (camera === undefined) throw new Error("no camera m-line");
  return { platform, camera, told };
}

it("offers what is asked for before VP8, and sends three sizes in one stream", async () => {
  const { camera, told } = await call("vp9", answerOf("VP9", "l"));

  expect(camera.codecs).toEqual(["video/VP9", "video/VP8", "video/rtx"]);
  expect(camera.sender.encodings).toEqual([
    { rid: "l", active: true, scalabilityMode: "L3T3_KEY", scaleResolutionDownBy: 1, maxBitrate: 1_500_000 },
  ]);
  expect(told).toEqual([{ codec: "vp9", why: null }]);
});

it("sends as many sizes as somebody watches, each as large as before", async () => {
  const { platform, camera } = await call("vp9", answerOf("VP9", "l"));
  const wants = async (sizes: number) => {
    platform.socket.says({ type: "layers", mid: CAMERA, rids: sizes > 0 ? ["l"] : [], sizes });
    await changed();
    return camera.sender.encodings[0];
  };

  expect(await wants(1)).toMatchObject({ active: true, scalabilityMode: "L1T3", scaleResolutionDownBy: 4 });
  expect(await wants(2)).toMatchObject({
    active: true,
    scalabilityMode: "L2T3_KEY",
    scaleResolutionDownBy: 2,
  });
  expect(await wants(0)).toMatchObject({ active: false, scalabilityMode: "L2T3_KEY" });
  expect(await wants(3)).toMatchObject({
    active: true,
    scalabilityMode: "L3T3_KEY",
    scaleResolutionDownBy: 1,
  });
});

it("sends VP8 in three streams where the room cannot show it, and says so", async () => {
  const { camera, told } = await call("vp9", answerOf("VP8", "l;m;h"));

  expect(camera.sender.encodings).toMatchObject([{ rid: "l" }, { rid: "m" }, { rid: "h" }]);
  expect(camera.sender.encodings.some((encoding) => "scalabilityMode" in encoding)).toBe(false);
  expect(told).toEqual([{ codec: "vp8", why: "room" }]);
});

it.each([
  ["cannot encode sizes", { encodes: [] }],
  ["does not know how to tell them apart", { extensions: [] }],
])("offers VP8 alone where the browser %s, and says so", async (_, browser: Browser) => {
  const { camera, told } = await call("vp9", answerOf("VP8", "l;m;h"), browser);

  expect(camera.codecs).toEqual(["video/VP8", "video/rtx"]);
  expect(told).toEqual([{ codec: "vp8", why: "browser" }]);
});

it("has sizes told apart where the browser leaves that out by itself", async () => {
  const extensions = [{ ...DESCRIPTOR, direction: "stopped" }];

  const { platform, camera } = await call("vp9", answerOf("VP9", "l"), { extensions });

  expect(platform.peer.headerExtensions).toEqual([DESCRIPTOR]);
  expect(camera.codecs[0]).toBe("video/VP9");
});

it("sends one whole picture where the browser refuses the mode after all", async () => {
  const { platform, camera } = await call("vp9", answerOf("VP9", "l"));
  platform.socket.says({ type: "layers", mid: CAMERA, rids: ["l"], sizes: 1 });
  camera.sender.refusals = 2;
  await changed();

  expect(camera.sender.encodings[0]).toMatchObject({ scaleResolutionDownBy: 1, maxBitrate: 1_500_000 });
});

it("asks for nothing but VP8 and H.264 unless it is told to, and shows what others send", async () => {
  const { platform, camera, told } = await call("vp8", answerOf("VP8", "l;m;h"));
  const lane = platform.peer.transceivers.find((one) => one.kind === "video" && one.direction === "recvonly");

  expect(camera.codecs).toEqual(["video/VP8", "video/rtx"]);
  expect(lane?.codecs).toEqual(["video/VP8", "video/VP9", "video/AV1", "video/rtx"]);
  expect(told).toEqual([{ codec: "vp8", why: null }]);
});

it("takes of each codec the one form that the node forwards", () => {
  expect(preferredCodecs(CODECS, "av1").map(({ sdpFmtpLine }) => sdpFmtpLine)).toEqual([
    "level-idx=5;profile=0;tier=0",
    undefined,
    undefined,
  ]);
});

it("reads the codec of an m-line", () => {
  expect(answeredCodec(answerOf("AV1", "l"), "1")).toBe("av1");
  expect(answeredCodec(answerOf("AV1", "l"), "0")).toBe("opus");
  expect(answeredCodec(answerOf("AV1", "l"), "7")).toBeNull();
});
