/** The devices of this machine: which there are, and when that changes. */

export interface Device {
  deviceId: string;
  /** Empty until the person has allowed a device of this kind (W3C Media Capture §9.2). */
  label: string;
}

export interface DeviceList {
  microphones: Device[];
  cameras: Device[];
  speakers: Device[];
}

/** `devicechange` fires several times for one plug, more so on iOS: wait for it to settle. */
const SETTLE_MS = 300;

/** Lists the devices. Empty where the page may not use devices at all. */
export async function listDevices(): Promise<DeviceList> {
  if (!canUseDevices()) return { microphones: [], cameras: [], speakers: [] };
  const devices = await navigator.mediaDevices.enumerateDevices();
  // Before permission browsers list one nameless device a kind, with an empty id: nothing to choose from.
  const of = (kind: MediaDeviceKind) =>
    devices
      .filter((device) => device.kind === kind && device.deviceId !== "")
      .map(({ deviceId, label }) => ({ deviceId, label }));
  return { microphones: of("audioinput"), cameras: of("videoinput"), speakers: of("audiooutput") };
}

/** Calls `listener` after devices were plugged in or out, until the returned function is called. */
export function watchDevices(listener: () => void): () => void {
  if (!canUseDevices()) return () => undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const settle = () => {
    clearTimeout(timer);
    timer = setTimeout(listener, SETTLE_MS);
  };
  navigator.mediaDevices.addEventListener("devicechange", settle);
  return () => {
    clearTimeout(timer);
    navigator.mediaDevices.removeEventListener("devicechange", settle);
  };
}

/** Whether this page can use devices: a secure origin and a browser that has them. */
export function canUseDevices(): boolean {
  return typeof navigator !== "undefined" && "mediaDevices" in navigator;
}

/** Whether this browser can share a screen. Phones cannot. */
export function canShareScreen(): boolean {
  return canUseDevices() && "getDisplayMedia" in navigator.mediaDevices;
}
