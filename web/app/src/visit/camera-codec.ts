/**
 * In which codec the camera is sent: VP8, unless the browser was told to try another one. There is no switch on a page: it
 * changes nothing that a person would notice but the load of their device and line.
 */

import type { CameraCodec } from "@bedside/sdk";

/** `localStorage.setItem("bedside.camera-codec", "vp9")`: for whoever looks after the clinic, and for the stories. */
const KEPT_AS = "bedside.camera-codec";

const CODECS: readonly CameraCodec[] = ["vp8", "vp9", "av1"];

export function cameraCodec(): CameraCodec {
  try {
    const kept = localStorage.getItem(KEPT_AS);
    return CODECS.find((codec) => codec === kept) ?? "vp8";
  } catch {
    // A browser that keeps nothing for pages.
    return "vp8";
  }
}
