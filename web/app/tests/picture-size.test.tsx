/** A visit should ask for pictures as large as it shows them, and for none that nobody can see. */

import { act, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { OTHER, other } from "../../sdk/tests/fakes/room";
import { viewSizeOf } from "../src/visit/view-size";
import { place, resize } from "./support/observers";
import { openVisit } from "./support/visit";

const ROOM = {
  participants: [other({ role: "patient", tracks: [{ id: "c", source: "camera", active: true }] })],
  lanes: [{ mid: "10", track: "c", seat: OTHER }],
};

let visibility: DocumentVisibilityState;

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  visibility = "visible";
  vi.spyOn(document, "visibilityState", "get").mockImplementation(() => visibility);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function open() {
  const { platform, says } = await openVisit(ROOM);
  const tile = screen.getByRole("group", { name: "Maya Lindqvist" });
  /** Time passes, and the node is heard of. */
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 500) {
      await act(() => vi.advanceTimersByTimeAsync(Math.min(500, ms - passed)));
      await says({ type: "speakers", speakers: [] });
    }
  };
  resize(tile, 1280, 720);
  await pass(200);
  const sizes = () => platform.socket.sentOfType("view").map(({ lanes }) => lanes);
  return { says, tile, pass, sizes };
}

const last = (size: string) => [{ mid: "10", size }];

function seePage(is: DocumentVisibilityState) {
  visibility = is;
  act(() => {
    document.dispatchEvent(new Event("visibilitychange"));
  });
}

it("asks for a picture as large as its tile, when that changes", async () => {
  const { tile, pass, sizes } = await open();
  expect(sizes().at(-1)).toEqual(last("full"));

  resize(tile, 300, 200);
  await pass(200);
  expect(sizes().at(-1)).toEqual(last("thumbnail"));
  const asked = sizes().length;

  resize(tile, 310, 210);
  await pass(200);
  expect(sizes()).toHaveLength(asked);
});

it("asks for none while the page is in the background for more than a moment", async () => {
  const { pass, sizes } = await open();
  const asked = sizes().length;

  seePage("hidden");
  await pass(4_000);
  seePage("visible");
  await pass(10_000);
  expect(sizes()).toHaveLength(asked);

  seePage("hidden");
  await pass(6_000);
  expect(sizes().slice(asked)).toEqual([last("hidden")]);

  seePage("visible");
  await pass(200);
  expect(sizes().slice(asked)).toEqual([last("hidden"), last("full")]);
});

it("asks for none of a tile out of sight", async () => {
  const { tile, pass, sizes } = await open();

  place(tile, false);
  await pass(200);
  expect(sizes().at(-1)).toEqual(last("hidden"));

  place(tile, true);
  await pass(200);
  expect(sizes().at(-1)).toEqual(last("full"));
});

it("measures the picture, not the tile", () => {
  const size = (widthPx: number, heightPx: number, changes = {}) =>
    viewSizeOf({ widthPx, heightPx, density: 1, isWhole: false, ...changes });

  expect(size(426, 240)).toBe("thumbnail");
  expect(size(426, 241)).toBe("medium");
  expect(size(853, 480)).toBe("medium");
  expect(size(853, 481)).toBe("full");
  // A face fills its tile: what a flat tile shows is cut out of a large picture. A screen is shown to its edges.
  expect(size(1000, 200)).toBe("full");
  expect(size(1000, 200, { isWhole: true })).toBe("thumbnail");
  expect(size(200, 1000, { isWhole: true })).toBe("thumbnail");
  // A dense screen shows more, up to a point.
  expect(size(426, 240, { density: 2 })).toBe("medium");
  expect(size(426, 240, { density: 4 })).toBe("medium");
  expect(size(853, 480, { density: 0.5 })).toBe("thumbnail");
  expect(size(0, 500)).toBe("hidden");
  expect(size(500, 0)).toBe("hidden");
});
