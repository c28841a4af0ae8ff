/** How connections are should be shown honestly, and the own device's part in it be told. */

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { CloseCode, type SeatQuality, type ServerMessage } from "../src/protocol";
import { FakePlatform } from "./fakes/platform";
import { answer, liveCall, OTHER, OWN, settle } from "./fakes/room";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** What a page may show of the other's connection when the node says this of it. */
async function shown(of: Partial<SeatQuality>) {
  const { platform, call } = await liveCall();
  platform.socket.says({
    type: "quality",
    quality: [{ seat: OTHER, grade: "good", video_paused: false, ...of }],
  });
  return call.view.quality.get(OTHER);
}

it("calls nothing good that nobody has measured", async () => {
  expect(await shown({ mos: null, cause: null })).toEqual({ grade: null, mos: null, cause: null });
  expect((await shown({ grade: "poor", mos: null, cause: null }))?.grade).toBe("poor");
});

it("takes an older node's grade as it is", async () => {
  expect(await shown({})).toEqual({ grade: "good", mos: null, cause: null });
});

it("calls nothing good that sounds bad or is amiss", async () => {
  expect((await shown({ mos: 4.4, cause: null }))?.grade).toBe("good");
  expect((await shown({ mos: 3.6, cause: null }))?.grade).toBe("fair");
  expect((await shown({ mos: 2.5, cause: null }))?.grade).toBe("poor");
  expect((await shown({ grade: "fair", mos: 2.5, cause: "uplink" }))?.grade).toBe("poor");
  expect((await shown({ mos: 4.4, cause: "downlink" }))?.grade).toBe("fair");
  // It is not the connection.
  expect((await shown({ mos: 4.4, cause: "server" }))?.grade).toBe("good");
});

const SCORED: ServerMessage = {
  type: "quality",
  quality: [{ seat: OWN, grade: "good", video_paused: false, mos: null }],
};

/** A call that lasts: its node answers. */
function longCall() {
  const platform = new FakePlatform();
  platform.answersPings = true;
  return liveCall({ platform });
}

it("tells that the device has too much to do, once it lasts, and when it is over", async () => {
  const { platform } = await longCall();
  const told = () => platform.socket.sentOfType("device").map(({ limited }) => limited);
  platform.socket.says(SCORED);

  platform.peer.limitedBy = "cpu";
  await vi.advanceTimersByTimeAsync(4_500);
  expect(told()).toEqual([]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(told()).toEqual(["cpu"]);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(told()).toEqual(["cpu"]);

  platform.peer.limitedBy = "bandwidth";
  await vi.advanceTimersByTimeAsync(8_000);
  expect(told()).toEqual(["cpu", "none"]);
});

it("tells it again to a node that does not know it any more", async () => {
  const { platform } = await longCall();
  platform.socket.says(SCORED);
  platform.peer.limitedBy = "cpu";
  await vi.advanceTimersByTimeAsync(8_000);

  platform.socket.closes(CloseCode.RESUME);
  await vi.advanceTimersByTimeAsync(1_000);
  platform.socket.open();
  await settle();
  await answer(platform);
  platform.socket.says(SCORED);
  platform.peer.limitedBy = "cpu";
  await vi.advanceTimersByTimeAsync(8_000);

  expect(platform.socket.sentOfType("device").map(({ limited }) => limited)).toEqual(["cpu"]);
});

it("tells an older node nothing that it would not understand", async () => {
  const { platform } = await longCall();
  platform.socket.says({ type: "quality", quality: [{ seat: OWN, grade: "good", video_paused: false }] });

  platform.peer.limitedBy = "cpu";
  await vi.advanceTimersByTimeAsync(20_000);

  expect(platform.socket.sentOfType("device")).toEqual([]);
});
