/** Opens microphones, cameras and screens, with the constraints that a visit wants. */

import { DeviceError, type DeviceProblem, deviceProblem } from "./device-problem";
import { browser, type Platform } from "./platform";

/** 720p30: enough to read a face or a rash; more costs the patient's uplink. */
const CAMERA: MediaTrackConstraints = {
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 30, max: 30 },
};
const MICROPHONE: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
};
/** A still document needs sharpness, not frames. */
const SCREEN: MediaTrackConstraints = { frameRate: { ideal: 10, max: 15 } };

/** Which device: `true` takes the browser's default. */
export type DeviceChoice = boolean | { deviceId: string };

export interface OpenedDevices {
  microphone: MediaStreamTrack | null;
  camera: MediaStreamTrack | null;
  problems: { microphone?: DeviceProblem; camera?: DeviceProblem };
}

/**
 * Opens what is asked for, with one prompt. Where the two together fail, each is tried alone, so that a missing
 * camera does not cost the microphone, and each has its own problem. Asked for nothing, it never prompts.
 */
export async function openDevices(
  wanted: { microphone: DeviceChoice; camera: DeviceChoice },
  platform: Platform = browser,
): Promise<OpenedDevices> {
  const opened: OpenedDevices = { microphone: null, camera: null, problems: {} };
  if (wanted.microphone !== false && wanted.camera !== false) {
    try {
      const stream = await platform.getUserMedia({
        audio: microphoneConstraints(wanted.microphone),
        video: cameraConstraints(wanted.camera),
      });
      opened.microphone = stream.getAudioTracks()[0] ?? null;
      opened.camera = stream.getVideoTracks()[0] ?? null;
      return opened;
    } catch {
      // Which of the two it was, the tries below tell.
    }
  }
  if (wanted.microphone !== false) {
    try {
      opened.microphone = await openMicrophone(wanted.microphone, platform);
    } catch (error) {
      opened.problems.microphone = problemOf(error);
    }
  }
  if (wanted.camera !== false) {
    try {
      opened.camera = await openCamera(wanted.camera, platform);
    } catch (error) {
      opened.problems.camera = problemOf(error);
    }
  }
  return opened;
}

/** @throws {@link DeviceError} */
export async function openMicrophone(choice: DeviceChoice = true, platform: Platform = browser) {
  return firstTrack(() => platform.getUserMedia({ audio: microphoneConstraints(choice) }));
}

/** @throws {@link DeviceError} */
export async function openCamera(choice: DeviceChoice = true, platform: Platform = browser) {
  return firstTrack(() => platform.getUserMedia({ video: cameraConstraints(choice) }));
}

/** Lets the person pick a screen, a window or a tab. @throws {@link DeviceError} */
export async function openScreen(platform: Platform = browser): Promise<MediaStreamTrack> {
  const track = await firstTrack(() => platform.getDisplayMedia({ video: SCREEN, audio: false }));
  // "text" asks the encoder to keep edges and drop frames (W3C mst-content-hint §5).
  track.contentHint = "text";
  return track;
}

async function firstTrack(open: () => Promise<MediaStream>): Promise<MediaStreamTrack> {
  try {
    const stream = await open();
    const track = stream.getTracks()[0];
    if (track === undefined) throw new DOMException("no track", "NotFoundError");
    return track;
  } catch (error) {
    throw new DeviceError(error);
  }
}

function microphoneConstraints(choice: DeviceChoice): MediaTrackConstraints {
  return { ...MICROPHONE, ...exactly(choice) };
}

function cameraConstraints(choice: DeviceChoice): MediaTrackConstraints {
  return { ...CAMERA, ...exactly(choice) };
}

function exactly(choice: DeviceChoice): MediaTrackConstraints {
  return typeof choice === "object" ? { deviceId: { exact: choice.deviceId } } : {};
}

function problemOf(error: unknown): DeviceProblem {
  return error instanceof DeviceError ? error.problem : deviceProblem(error);
}
