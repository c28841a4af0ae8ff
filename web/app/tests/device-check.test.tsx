/** The device check should prompt only when asked to, and help with what is wrong. */

import { act, screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, it, vi } from "vitest";

import { FakeTrack, FakeStream } from "../../sdk/tests/fakes/media";
import { FakeControlPlane } from "./support/control-plane";
import { expectNoViolation, openPage } from "./support/page";
import { appointment, OPEN, session } from "./support/people";

const prompts: MediaStreamConstraints[] = [];
const opened: FakeTrack[] = [];
let failWith: (constraints: MediaStreamConstraints) => string | null;

beforeEach(() => {
  prompts.length = 0;
  opened.length = 0;
  failWith = () => null;
  const devices = new EventTarget();
  Object.assign(devices, {
    enumerateDevices: () => Promise.resolve([]),
    getUserMedia: (constraints: MediaStreamConstraints) => {
      prompts.push(constraints);
      const name = failWith(constraints);
      if (name !== null) return Promise.reject(new DOMException("scripted", name));
      const tracks = [
        ...(constraints.audio ? [new FakeTrack("audio")] : []),
        ...(constraints.video ? [new FakeTrack("video")] : []),
      ];
      opened.push(...tracks);
      return Promise.resolve(new FakeStream(tracks));
    },
  });
  vi.stubGlobal("AudioContext", FakeAudioContext);
  vi.stubGlobal("AnalyserNode", FakeAnalyser);
  Object.defineProperty(navigator, "mediaDevices", { configurable: true, value: devices });
  new FakeControlPlane()
    .install()
    .on("GET /api/session", session("patient"))
    .on("GET /api/appointments/a1", appointment({ join: OPEN }));
});

class FakeAudioContext {
  createMediaStreamSource = () => ({ connect: () => undefined });
  resume = () => Promise.resolve();
  close = () => Promise.resolve();
}

class FakeAnalyser {
  fftSize = 32;
  getFloatTimeDomainData = () => undefined;
}

it("prompts for nothing until it is asked to, and lets in without", async () => {
  openPage("/visit/a1");

  await waitFor(() => {
    expect(screen.getByRole("button", { name: "Join the visit" })).toBeEnabled();
  });
  expect(screen.getByText(/You join without camera and microphone/)).toBeVisible();
  expect(prompts).toEqual([]);
  await expectNoViolation();
});

it("asks once for both, and shows what they give", async () => {
  const { user } = openPage("/visit/a1");

  await user.click(await screen.findByRole("button", { name: "Use camera and microphone" }));

  expect(await screen.findByLabelText("Your camera’s picture")).toBeInTheDocument();
  expect(screen.getByRole("progressbar", { name: "Microphone level" })).toBeInTheDocument();
  expect(prompts).toHaveLength(1);
});

it("continues without the camera: it is let go of", async () => {
  const { user } = openPage("/visit/a1");
  await user.click(await screen.findByRole("button", { name: "Use camera and microphone" }));

  await user.click(await screen.findByRole("button", { name: "Continue without camera" }));

  expect(screen.getByText("Camera is off")).toBeVisible();
  expect(screen.getByText(/You join without camera: the others hear you/)).toBeVisible();
});

it.each([
  ["NotAllowedError", /may not use the camera/],
  ["NotReadableError", /Another program uses the camera/],
  ["NotFoundError", /No camera was found/],
])("gives its own help for %s", async (name, help) => {
  failWith = ({ video }) => (video ? name : null);
  const { user } = openPage("/visit/a1");

  await user.click(await screen.findByRole("button", { name: "Use camera and microphone" }));

  expect(await screen.findByText(help)).toBeVisible();
  expect(await screen.findByRole("progressbar", { name: "Microphone level" })).toBeInTheDocument();
});

it("offers nothing to click before it is known what is allowed already", async () => {
  let answer: (state: PermissionState) => void = () => undefined;
  const asked = new Promise<{ state: PermissionState }>((resolve) => {
    answer = (state) => {
      resolve({ state });
    };
  });
  Object.defineProperty(navigator, "permissions", { configurable: true, value: { query: () => asked } });
  openPage("/visit/a1");
  await screen.findByText("Camera is off");
  expect(screen.queryByRole("button", { name: "Use camera and microphone" })).toBeNull();

  answer("granted");

  expect(await screen.findByLabelText("Your camera’s picture")).toBeInTheDocument();
  expect(prompts).toHaveLength(1);
  Reflect.deleteProperty(navigator, "permissions");
});

it("says that a camera which is unplugged during the check is gone", async () => {
  const { user } = openPage("/visit/a1");
  await user.click(await screen.findByRole("button", { name: "Use camera and microphone" }));
  await screen.findByLabelText("Your camera’s picture");

  act(() => {
    opened.find(({ kind }) => kind === "video")?.unplug();
  });

  expect(await screen.findByText(/No camera was found/)).toBeVisible();
});

it("lets go of everything when the page is left before the door answers", async () => {
  const { user, unmount } = openPage("/visit/a1");
  await user.click(await screen.findByRole("button", { name: "Use camera and microphone" }));
  await screen.findByLabelText("Your camera’s picture");
  let answer: () => void = () => undefined;
  const sockets = vi.fn();
  vi.stubGlobal("WebSocket", sockets);
  vi.stubGlobal(
    "fetch",
    () =>
      new Promise<Response>((resolve) => {
        answer = () => {
          const join = { url: "wss://node.test/signal", token: "t", ice_servers: [], people: [] };
          resolve(new Response(JSON.stringify(join)));
        };
      }),
  );

  await user.click(screen.getByRole("button", { name: "Join the visit" }));
  unmount();
  answer();

  await vi.waitFor(() => {
    expect(opened.map(({ readyState }) => readyState)).toEqual(["ended", "ended"]);
  });
  expect(sockets).not.toHaveBeenCalled();
});
