/** The device check should prompt only when asked to, and help with what is wrong. */

import { screen } from "@testing-library/react";
import { beforeEach, expect, it, vi } from "vitest";

import { FakeTrack, FakeStream } from "../../sdk/tests/fakes/media";
import { FakeControlPlane } from "./support/control-plane";
import { expectNoViolation, openPage } from "./support/page";
import { appointment, OPEN, session } from "./support/people";

const prompts: MediaStreamConstraints[] = [];
let failWith: (constraints: MediaStreamConstraints) => string | null;

beforeEach(() => {
  prompts.length = 0;
  failWith = () => null;
  const devices = new EventTarget();
  Object.assign(devices, {
    enumerateDevices: () => Promise.resolve([]),
    getUserMedia: (constraints: MediaStreamConstraints) => {
      prompts.push(constraints);
      const name = failWith(constraints);
      if (name !== null) return Promise.reject(new DOMException("scripted", name));
      return Promise.resolve(
        new FakeStream([
          ...(constraints.audio ? [new FakeTrack("audio")] : []),
          ...(constraints.video ? [new FakeTrack("video")] : []),
        ]),
      );
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

  expect(await screen.findByRole("button", { name: "Join the visit" })).toBeEnabled();
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
