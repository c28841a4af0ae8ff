/** Why a device could not be opened, in words that a page gives different help for. */

export type DeviceProblem =
  /** The person, the browser or the system does not allow it. For a screen: the picker was closed. */
  | "denied"
  /** Another program has it, or the system could not start it. */
  | "busy"
  /** There is no such device. */
  | "not_found"
  /** This page cannot use devices at all: not a secure origin, or an old browser. */
  | "unsupported"
  | "failed";

/** Maps the exceptions of `getUserMedia` and `getDisplayMedia` (W3C Media Capture §10.2, step by step). */
export function deviceProblem(error: unknown): DeviceProblem {
  // By name alone: an exception of another frame is no `instanceof Error` of this one.
  switch ((error as { name?: unknown } | null)?.name) {
    case "NotAllowedError":
    case "SecurityError":
      return "denied";
    case "NotReadableError":
    case "AbortError":
      return "busy";
    case "NotFoundError":
    case "OverconstrainedError":
      return "not_found";
    case "TypeError":
      // `navigator.mediaDevices` is undefined outside secure contexts.
      return "unsupported";
    default:
      return "failed";
  }
}

/** A device could not be opened. */
export class DeviceError extends Error {
  override readonly name = "DeviceError";
  readonly problem: DeviceProblem;

  constructor(cause: unknown) {
    super("the device could not be opened", { cause });
    this.problem = deviceProblem(cause);
  }
}
