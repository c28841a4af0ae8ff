/** A visit should say why a picture stands, to both sides, once it is worth saying. */

import { act, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import type { Pause } from "@bedside/sdk";

import { OTHER, other, OWN } from "../../sdk/tests/fakes/room";
import { expectNoViolation } from "./support/page";
import { openVisit } from "./support/visit";

const OWN_IS_SLOW = "Your connection is too slow for video. The sound goes on.";
const THEIRS_IS_SLOW = "Maya Lindqvist's connection is too slow for video.";
const SERVER_IS_BUSY =
  "The server is very busy: Maya Lindqvist's video pauses until they speak. The sound goes on.";
const THEY_CANNOT_SEE = "Maya Lindqvist cannot see video at the moment: their connection is too slow.";

const NOT_SENT = "Your connection is too slow to send video. The sound goes on.";

const TRACKS = [
  { id: "c", source: "camera" as const, active: true },
  { id: "s", source: "screen" as const, active: true },
];

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
});

afterEach(() => {
  vi.useRealTimers();
});

async function open() {
  const page = await openVisit({ participants: [other({ role: "patient", tracks: TRACKS })] });
  const lanes = (camera?: Pause, screenShare?: Pause) =>
    page.says({
      type: "lanes",
      lanes: [
        { mid: "10", track: "c", seat: OTHER, ...(camera && { paused: camera }) },
        { mid: "11", track: "s", seat: OTHER, ...(screenShare && { paused: screenShare }) },
      ],
    });
  await lanes();
  const tile = screen.getByRole("group", { name: "Maya Lindqvist" });
  const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));
  return { ...page, lanes, tile: within(tile), pass };
}

/** Every text that the live region says within some seconds. */
async function announced(pass: (ms: number) => Promise<unknown>) {
  const texts: string[] = [];
  for (let step = 0; step < 60; step += 1) {
    const text = screen.getByRole("status").textContent;
    if (text !== texts.at(-1)) texts.push(text);
    await pass(100);
  }
  return texts.filter((text) => text !== "");
}

it("says that the own connection is too slow, when that has lasted, until it is over", async () => {
  const { lanes, tile, pass } = await open();

  await lanes("downlink");
  await pass(900);
  expect(tile.queryByText(OWN_IS_SLOW)).toBeNull();
  await pass(200);
  expect(tile.getByText(OWN_IS_SLOW)).toBeInTheDocument();
  expect(tile.getByLabelText("Picture of Maya Lindqvist")).toBeInTheDocument();
  await expectNoViolation();

  await lanes();
  expect(tile.queryByText(OWN_IS_SLOW)).toBeNull();
});

it("says nothing of stops that do not last, however many", async () => {
  const { lanes, tile, pass } = await open();

  for (let stop = 0; stop < 5; stop += 1) {
    await lanes("downlink");
    await pass(700);
    expect(tile.queryByText(OWN_IS_SLOW)).toBeNull();
    await lanes();
    await pass(100);
    expect(tile.queryByText(OWN_IS_SLOW)).toBeNull();
  }
});

it("says whose connection it is", async () => {
  const { lanes, tile, pass } = await open();

  await lanes("uplink");
  await pass(1_100);

  expect(tile.getByText(THEIRS_IS_SLOW)).toBeInTheDocument();
  expect(tile.queryByText(OWN_IS_SLOW)).toBeNull();
});

it("says that it is the server, and no connection", async () => {
  const { lanes, tile, pass } = await open();

  await lanes("overload");
  await pass(1_100);

  expect(tile.getByText(SERVER_IS_BUSY)).toBeInTheDocument();
  expect(tile.queryByText(OWN_IS_SLOW)).toBeNull();
  expect(tile.queryByText(THEIRS_IS_SLOW)).toBeNull();
});

it("says that somebody else cannot see, and leaves their picture in sight", async () => {
  const { says, tile, pass } = await open();
  const quality = (isPaused: boolean) =>
    says({
      type: "quality",
      quality: [
        { seat: OWN, grade: "good", video_paused: isPaused },
        { seat: OTHER, grade: "poor", video_paused: isPaused },
      ],
    });
  await announced(pass);

  await quality(true);
  await pass(1_100);
  expect(screen.getAllByText(THEY_CANNOT_SEE)[0]).toBeInTheDocument();
  expect(tile.getByText(THEY_CANNOT_SEE)).toBeInTheDocument();
  expect(await announced(pass)).toEqual([THEY_CANNOT_SEE]);

  await quality(false);
  expect(tile.queryByText(THEY_CANNOT_SEE)).toBeNull();
});

it("announces the own connection once, however many pictures stand", async () => {
  const { lanes, pass } = await open();
  await announced(pass);

  await lanes("downlink", "downlink");
  expect(await announced(pass)).toEqual([OWN_IS_SLOW]);

  await lanes("downlink", "downlink");
  expect(await announced(pass)).toEqual([]);
});

it("shows that somebody is away rather than that they are slow", async () => {
  const { says, lanes, tile, pass } = await open();
  await lanes("uplink");

  await says({
    type: "participant",
    participant: other({ role: "patient", connected: false, tracks: TRACKS }),
  });
  await pass(1_100);

  expect(tile.queryByText(THEIRS_IS_SLOW)).toBeNull();
  expect(tile.getByText("Connection lost, coming back")).toBeInTheDocument();
});

it("says that the own picture is not sent, in its place, until it is", async () => {
  const { call, says, pass } = await open();
  const own = within(screen.getByRole("group", { name: "Your own picture" }));
  await act(() => call.setCameraOn(true));

  await says({ type: "layers", mid: "1", rids: [], paused: "uplink" });
  expect(own.getByText(NOT_SENT)).toBeInTheDocument();
  expect(await announced(pass)).toContain(NOT_SENT);
  await expectNoViolation();

  await act(() => call.setCameraOn(false));
  expect(own.queryByText(NOT_SENT)).toBeNull();
  await act(() => call.setCameraOn(true));
  expect(own.getByText(NOT_SENT)).toBeInTheDocument();

  await says({ type: "layers", mid: "1", rids: ["l"] });
  expect(own.queryByText(NOT_SENT)).toBeNull();
});
