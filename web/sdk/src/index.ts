/** The Bedside call client: join a visit from a web page. See README.md for a complete example. */

export { Call } from "./call";
export type { CallEvents } from "./call-events";
export { type CallOptions, JoinRefused, type JoinTarget } from "./call-options";
export type { CameraCodec, SentCamera } from "./camera-codec";
export type { ChatMessage, ChatView, Said } from "./chat";
export { TEXT_BYTES_MAX, type TextFault } from "./chat-protocol";
export { type DeviceChoice, openCamera, openDevices, type OpenedDevices, openMicrophone } from "./capture";
export { DeviceError, type DeviceProblem } from "./device-problem";
export {
  canShareScreen,
  canUseDevices,
  type Device,
  type DeviceList,
  listDevices,
  watchDevices,
} from "./devices";
export { meterLevel } from "./level-meter";
export type { JoinOptions } from "./local-media";
export type { Asked, AskedSource, ModerationView } from "./moderation";
export type { Outcome } from "./outcome";
export type {
  Cause,
  EndReason,
  Grade,
  LeaveReason,
  MediaPermissions,
  Participant,
  Pause,
  Permissions,
  Problem,
  Role,
  SeatId,
  SeatPermissions,
  Source,
  TrackState,
  ViewSize,
  Waiting,
} from "./protocol";
export type { Slot } from "./slots";
export { canChooseSpeaker, playTestTone, setSpeaker } from "./speaker";
export type { CallStats } from "./stats";
export { type CallState, type CallView, IDLE, type LocalView, type Quality } from "./view";
