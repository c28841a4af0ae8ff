/**
 * A call with nothing around it: for looking at the SDK alone, and for tests that drive it by script.
 *
 * The page's address says what is not secret: `?microphone=0` and `?camera=0` join without. Address and token of
 * the node never stand in an address: the script hands them over.
 *
 *     await window.startCall({ url, token });   // settles when media flows
 *     window.call.view                          // what the page knows
 *     await window.readStats()                  // the connection's figures
 */

import { Call, type CallStats, type JoinTarget, openDevices, type Slot } from "@bedside/sdk";

import { StatsReader } from "../src/stats";

declare global {
  interface Window {
    call: Call;
    startCall: (target: JoinTarget) => Promise<void>;
    readStats: () => Promise<CallStats | null>;
  }
}

const call = new Call();
const wanted = new URLSearchParams(location.search);
const reader = new StatsReader();
const elements = new Map<string, HTMLMediaElement>();

window.call = call;

window.startCall = async (target) => {
  const connected = new Promise<void>((resolve, reject) => {
    call.on("change", ({ state, outcome }) => {
      if (state === "connected") resolve();
      if (state === "ended") reject(new Error(`the call ended: ${JSON.stringify(outcome)}`));
    });
  });
  // Opened first, as a device check does: Chromium gathers all its addresses only once a device is allowed.
  const { microphone, camera } = await openDevices({
    microphone: wanted.get("microphone") !== "0",
    camera: wanted.get("camera") !== "0",
  });
  await call.join(target, { microphone: microphone ?? false, camera: camera ?? false });
  await connected;
};

window.readStats = async () => {
  const report = await call.connection?.getStats();
  return report === undefined ? null : reader.read(report);
};

call.on("change", ({ state, slots }) => {
  const line = document.getElementById("state");
  if (line !== null) line.textContent = state;
  const shown = new Set<string>();
  for (const slot of slots) {
    play(slot, "video", slot.video, shown);
    play(slot, "audio", slot.audio, shown);
  }
  for (const [id, element] of elements) {
    if (shown.has(id)) continue;
    element.remove();
    elements.delete(id);
  }
});

function play(slot: Slot, kind: "audio" | "video", stream: MediaStream | null, shown: Set<string>): void {
  if (stream === null) return;
  const id = `${slot.id}:${kind}`;
  shown.add(id);
  const element = elements.get(id) ?? document.createElement(kind);
  if (element.srcObject !== stream) element.srcObject = stream;
  if (elements.has(id)) return;
  element.autoplay = true;
  if (kind === "video") element.muted = true;
  elements.set(id, element);
  document.getElementById("slots")?.append(element);
}
