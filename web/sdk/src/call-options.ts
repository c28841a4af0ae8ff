/** What a call is made and joined with. */

import type { CameraCodec } from "./camera-codec";
import type { Platform } from "./platform";

/** Where to join, and with what: the control plane's answer to a join. */
export interface JoinTarget {
  /** The node's signalling address, `wss://…`. */
  url: string;
  /** The join token. It opens a seat once. */
  token: string;
  iceServers?: RTCIceServer[];
}

export interface CallOptions {
  /**
   * Asks the control plane for a new place and token: when the token or the resume secret is no longer valid,
   * or the node goes away. Throw {@link JoinRefused} to end the call; any other error is tried again.
   */
  refresh?: () => Promise<JoinTarget>;
  /**
   * In what the camera is sent: `vp8` by default. `vp9` and `av1` hold all sizes in one stream, and are sent while everybody in
   * the room can show them and the browser can send them so; else it is VP8 (see the event `camera`).
   */
  cameraCodec?: CameraCodec;
  /** For tests. */
  platform?: Platform;
}

/** Thrown by a `refresh` callback: the control plane does not let this participant in (any more). */
export class JoinRefused extends Error {
  override readonly name = "JoinRefused";
}
