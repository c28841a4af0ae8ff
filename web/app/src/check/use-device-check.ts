/** The devices that somebody is about to join with: opened, chosen, or left out. */

import {
  canUseDevices,
  DeviceError,
  type DeviceProblem,
  openCamera,
  openDevices,
  openMicrophone,
} from "@bedside/sdk";
import { useCallback, useEffect, useRef, useState } from "react";

import { useDeviceList } from "./use-device-list";

export type CheckedDevice = "microphone" | "camera";

export interface DeviceState {
  track: MediaStreamTrack | null;
  problem: DeviceProblem | null;
}

/** What the visit starts with. */
export interface Devices {
  microphone: MediaStreamTrack | null;
  camera: MediaStreamTrack | null;
  speakerId: string | null;
}

const OFF: DeviceState = { track: null, problem: null };
const OPEN = { microphone: openMicrophone, camera: openCamera };

export function useDeviceCheck() {
  const [microphone, setMicrophone] = useState(OFF);
  const [camera, setCamera] = useState(OFF);
  const [speakerId, setSpeakerId] = useState<string | null>(null);
  const [isAsking, setAsking] = useState(false);
  /** Finding out what is already allowed, and opening that without a prompt. Nothing is offered before that is known. */
  const [isStarting, setStarting] = useState(true);
  const { list, refresh: refreshList } = useDeviceList();
  /** Tracks that are ours to stop; the visit takes them over by `handOver`. */
  const held = useRef<Record<CheckedDevice, MediaStreamTrack | null>>({ microphone: null, camera: null });
  /** A prompt may be answered after the page is left: what opens then is let go of. */
  const isGone = useRef(false);

  const put = useCallback((device: CheckedDevice, state: DeviceState) => {
    if (isGone.current) {
      state.track?.stop();
      return;
    }
    if (held.current[device] !== state.track) held.current[device]?.stop();
    held.current[device] = state.track;
    const set = device === "microphone" ? setMicrophone : setCamera;
    set(state);
    if (state.track === null) return;
    state.track.onended = () => {
      // Unplugged, or taken away in the browser's own settings. Stopping by us does not fire this.
      if (held.current[device] !== state.track) return;
      held.current[device] = null;
      set({ track: null, problem: "not_found" });
    };
  }, []);

  /** Both, with one prompt. */
  const openBoth = useCallback(async () => {
    setAsking(true);
    const opened = await openDevices({ microphone: true, camera: true });
    put("microphone", { track: opened.microphone, problem: opened.problems.microphone ?? null });
    put("camera", { track: opened.camera, problem: opened.problems.camera ?? null });
    setAsking(false);
    await refreshList();
  }, [put, refreshList]);

  const open = async (device: CheckedDevice, deviceId?: string) => {
    setAsking(true);
    // Some phones cannot open a second camera while the first is open.
    put(device, OFF);
    try {
      put(device, { track: await OPEN[device](deviceId === undefined ? true : { deviceId }), problem: null });
    } catch (error) {
      put(device, { track: null, problem: error instanceof DeviceError ? error.problem : "failed" });
    }
    setAsking(false);
    await refreshList();
  };

  useEffect(() => {
    isGone.current = false;
    void openIfAllowed(openBoth).then(() => {
      setStarting(false);
    });
    const { current } = held;
    return () => {
      isGone.current = true;
      for (const device of ["microphone", "camera"] as const) {
        current[device]?.stop();
        current[device] = null;
      }
    };
  }, [openBoth]);

  return {
    microphone,
    camera,
    speakerId,
    list,
    isAsking,
    isStarting,
    /** Nothing was asked for yet. */
    isFresh: !isStarting && !isAsking && microphone === OFF && camera === OFF,
    openBoth,
    open,
    close: (device: CheckedDevice) => {
      put(device, { ...OFF });
    },
    setSpeakerId,
    handOver: (): Devices => {
      const devices = { ...held.current, speakerId };
      held.current.microphone = null;
      held.current.camera = null;
      return devices;
    },
  };
}

export type DeviceCheckState = ReturnType<typeof useDeviceCheck>;

/** Opens without a click only where that prompts nobody. */
async function openIfAllowed(open: () => Promise<void>): Promise<void> {
  if (!canUseDevices() || !("permissions" in navigator)) return;
  try {
    const states = await Promise.all(
      (["camera", "microphone"] as const).map((name) => navigator.permissions.query({ name })),
    );
    if (states.every(({ state }) => state === "granted")) await open();
  } catch {
    // A browser that does not know these names: the person clicks.
  }
}
