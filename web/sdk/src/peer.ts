/**
 * One transport of a seat: an `RTCPeerConnection` whose first offer already holds all that a visit needs, so
 * that nothing is renegotiated when people come and go. It knows nothing of signalling.
 *
 * ```text
 * m-line   0           1        2        3 … 9          10 … 18        19
 *          microphone  camera   screen   audio lanes    video lanes    chat
 *          send        send     send     receive        receive        both
 * ```
 */

import { type CameraCodec, canSendSizes, isScalable, type SentCamera } from "./camera-codec";
import { CHANNEL_STREAM } from "./chat-protocol";
import { Emitter } from "./emitter";
import type { Platform } from "./platform";
import type { PublishTrack, Source } from "./protocol";
import { answeredCodec, preferredCodecs, type Purpose, withInbandFec } from "./sdp";
import { CAMERA_BPS_MAX, CAMERA_LAYERS, LayerSwitch } from "./simulcast";
import { VoiceRate } from "./voice";

/** What a page can publish. Each has an m-line from the start; a track is put on it later, or never. */
export const PUBLISHED = ["microphone", "camera", "screen"] as const;
export type PublishedSource = (typeof PUBLISHED)[number];

/** A room has eight seats (`limits.rs`: ROOM_SEATS_MAX), so seven others to hear and to see … */
const AUDIO_LANES = 7;
/** … and two screens at once, which is what fits on a page beside faces. */
const VIDEO_LANES = 7 + 2;

/** Text on a shared screen needs more than a camera at a scroll, little otherwise. It is sent once, for all to read. */
const SCREEN_BPS_MAX = 2_500_000;

export interface PeerEvents {
  connection: RTCPeerConnectionState;
  /** An answer says in what the camera is sent. */
  camera: SentCamera;
}

export class PeerTransport extends Emitter<PeerEvents> {
  readonly connection: RTCPeerConnection;
  /** For what is written. It opens with the connection, where the node has chat. */
  readonly channel: RTCDataChannel;
  readonly #senders = new Map<Source, RTCRtpTransceiver>();
  readonly #lanes: RTCRtpTransceiver[] = [];
  readonly #cameraLayers: LayerSwitch;
  readonly #screenLayers: LayerSwitch;
  readonly #platform: Platform;
  /** What the page asks for, and what is offered of it. */
  readonly #wantedCodec: CameraCodec;
  #offeredCodec: CameraCodec = "vp8";
  readonly #voice: VoiceRate;

  constructor(platform: Platform, iceServers: RTCIceServer[], cameraCodec: CameraCodec = "vp8") {
    super();
    this.#platform = platform;
    this.#wantedCodec = cameraCodec;
    this.connection = platform.createPeerConnection({ iceServers, bundlePolicy: "max-bundle" });
    this.connection.onconnectionstatechange = () => {
      this.emit("connection", this.connection.connectionState);
    };
    this.#voice = new VoiceRate(this.#offerToSend("microphone", "audio", [{}]).sender);
    const camera = this.#offerCamera();
    this.#cameraLayers = new LayerSwitch(camera.sender);
    const screen = this.#offerToSend("screen", "video", [{ maxBitrate: SCREEN_BPS_MAX }]);
    this.#screenLayers = new LayerSwitch(screen.sender);
    this.#offerLanes("audio", AUDIO_LANES);
    this.#offerLanes("video", VIDEO_LANES);
    // Agreed on beforehand: nothing has to be said before the first text, and no browser's numbering matters.
    this.channel = this.connection.createDataChannel("chat", { negotiated: true, id: CHANNEL_STREAM });
  }

  /** Makes the offer. Candidates are not waited for: the node is ICE-lite and learns them from the checks. */
  async createOffer(): Promise<string> {
    await this.#chooseCodec();
    await this.connection.setLocalDescription(await this.connection.createOffer());
    return withInbandFec(this.connection.localDescription?.sdp ?? "");
  }

  /** Makes an offer with new ICE credentials: candidates of the networks as they are now, the old path meanwhile. */
  async restartIce(): Promise<string> {
    await this.connection.setLocalDescription(await this.connection.createOffer({ iceRestart: true }));
    return withInbandFec(this.connection.localDescription?.sdp ?? "");
  }

  /** Describes the publishing m-lines to the node. Valid after `createOffer`. */
  publishTracks(isActive: (source: Source) => boolean): PublishTrack[] {
    return [...this.#senders].flatMap(([source, { mid }]) =>
      mid === null ? [] : [{ mid, source, active: isActive(source) }],
    );
  }

  async applyAnswer(sdp: string): Promise<void> {
    await this.connection.setRemoteDescription({ type: "answer", sdp: withInbandFec(sdp) });
    const mid = this.mid("camera");
    const codec = mid === null ? null : answeredCodec(sdp, mid);
    this.#cameraLayers.handleNegotiated(isScalable(codec));
    this.#screenLayers.handleNegotiated();
    let why: SentCamera["why"] = null;
    if (this.#offeredCodec !== this.#wantedCodec) why = "browser";
    else if (codec !== null && codec !== this.#wantedCodec) why = "room";
    this.emit("camera", { codec, why });
  }

  /** Sends these simulcast layers of an m-line, or so many sizes of its one stream, perhaps none: no renegotiation. */
  setLayers(mid: string, rids: readonly string[], sizes?: number): void {
    if (mid === this.mid("camera")) this.#cameraLayers.setWanted(rids, sizes);
    if (mid === this.mid("screen")) this.#screenLayers.setWanted(rids, sizes);
  }

  /** The way to the node is too thin for pictures, which are held up, or not. */
  setPicturesHeldUp(areHeldUp: boolean): void {
    this.#voice.handlePictures(areHeldUp);
  }

  /** The m-line of a source. */
  mid(source: Source): string | null {
    return this.#senders.get(source)?.mid ?? null;
  }

  /** Sends `track`, or nothing, as `source`: no renegotiation. */
  async setTrack(source: Source, track: MediaStreamTrack | null): Promise<void> {
    await this.#senders.get(source)?.sender.replaceTrack(track);
  }

  /** What arrives on a lane. The same object for the life of this peer, whoever is on the lane. */
  laneTrack(mid: string): MediaStreamTrack | null {
    return this.#lanes.find((lane) => lane.mid === mid)?.receiver.track ?? null;
  }

  close(): void {
    this.#voice.stop();
    this.connection.onconnectionstatechange = null;
    this.connection.close();
  }

  /** Puts the codec that is asked for first, where the browser can send it in several sizes. */
  async #chooseCodec(): Promise<void> {
    const camera = this.#senders.get("camera");
    if (this.#wantedCodec === "vp8" || this.#offeredCodec !== "vp8" || camera === undefined) return;
    if (!(await canSendSizes(this.#platform, camera, this.#wantedCodec))) return;
    this.#offeredCodec = this.#wantedCodec;
    preferOurCodecs(camera, "video", this.#offeredCodec);
  }

  #offerCamera(): RTCRtpTransceiver {
    try {
      return this.#offerToSend("camera", "video", CAMERA_LAYERS);
    } catch {
      // A browser without simulcast: one encoding.
      return this.#offerToSend("camera", "video", [{ maxBitrate: CAMERA_BPS_MAX }]);
    }
  }

  #offerToSend(
    source: PublishedSource,
    kind: "audio" | "video",
    sendEncodings: RTCRtpEncodingParameters[],
  ): RTCRtpTransceiver {
    const transceiver = this.connection.addTransceiver(kind, { direction: "sendonly", sendEncodings });
    preferOurCodecs(transceiver, kind);
    this.#senders.set(source, transceiver);
    return transceiver;
  }

  #offerLanes(kind: "audio" | "video", count: number): void {
    for (let lane = 0; lane < count; lane++) {
      const transceiver = this.connection.addTransceiver(kind, { direction: "recvonly" });
      preferOurCodecs(transceiver, kind, "shown");
      this.#lanes.push(transceiver);
    }
  }
}

function preferOurCodecs(
  transceiver: RTCRtpTransceiver,
  kind: "audio" | "video",
  purpose: Purpose = "vp8",
): void {
  if (typeof RTCRtpReceiver === "undefined") return;
  const codecs = preferredCodecs(RTCRtpReceiver.getCapabilities(kind)?.codecs ?? [], purpose);
  if (codecs.length > 0) transceiver.setCodecPreferences(codecs);
}
