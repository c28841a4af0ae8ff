/**
 * One peer and its signalling, from the first socket's opening to its loss.
 *
 * ```text
 * opening ──offer sent──▶ joining ──joined, answer applied──▶ live ──▶ lost (once, with the next step)
 *                                                              │  ▲
 *              signalling broke: another connection (Attachment)│  │ media goes on
 *              the path broke: ICE restart (MediaWatch)         └──┘ over another path
 * ```
 *
 * These two mend themselves; when a session is lost, `Call` makes the next one.
 */

import { Attachment } from "./attachment";
import type { CameraCodec, SentCamera } from "./camera-codec";
import { Emitter } from "./emitter";
import { MediaWatch } from "./media-watch";
import type { NextStep } from "./outcome";
import { PeerTransport } from "./peer";
import type { Platform } from "./platform";
import type { ClientMessage, Joined, ServerMessage, Source } from "./protocol";

/** Between two restarts of ICE: hints come in bunches, and a restart takes a second on a slow network. */
const RESTART_PAUSE_MS = 2_000;
/** A restart without an answer for so long is not under way any more. */
const RESTART_WITHIN_MS = 5_000;
/** ICE and DTLS take well under a second; a path that needs longer does not work. */
const MEDIA_CONNECTS_WITHIN_MS = 15_000;

/** What opens the seat. */
export type Credential = { token: string } | { resume: string };

export interface SessionEvents {
  /** The seat is open and the answer applied. */
  joined: Joined;
  /** Media flows, for the first time or again. */
  media: undefined;
  /** Another path is looked for. For a developer's log. */
  restarting: { why: string };
  /** Nothing comes any more, long enough for somebody to notice. A restart is under way. */
  interrupted: undefined;
  /** Signalling broke; media does not notice. */
  detached: { detail: string; attempt: number };
  /** Signalling is back, and nothing was lost. */
  reattached: undefined;
  message: ServerMessage;
  /** In what the camera is sent from now on. */
  camera: SentCamera;
  /** Fires once; nothing follows. */
  lost: { next: NextStep; detail: string };
}

export class Session extends Emitter<SessionEvents> {
  readonly peer: PeerTransport;
  readonly #signalling: Attachment;
  readonly #watch: MediaWatch;
  #isJoined = false;
  /** When ICE was restarted last, and whether the answer is awaited. */
  #restartedAt = 0;
  #awaitsAnswer = false;
  /** What the node was last told of each source. */
  readonly #announced = new Map<Source, boolean>();
  #isOver = false;
  #hasSentCredential = false;
  #mediaTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(platform: Platform, url: string, iceServers: RTCIceServer[], cameraCodec?: CameraCodec) {
    super();
    this.peer = new PeerTransport(platform, iceServers, cameraCodec);
    this.peer.on("camera", (camera) => {
      this.emit("camera", camera);
    });
    this.#signalling = new Attachment(platform, url);
    this.#signalling.on("message", (message) => void this.#read(message));
    this.#signalling.on("closed", ({ next, detail }) => {
      this.#lose(next, detail);
    });
    this.#signalling.on("detached", (event) => {
      this.emit("detached", event);
    });
    this.#signalling.on("reattached", () => {
      this.emit("reattached", undefined);
    });
    this.#watch = new MediaWatch(this.peer.connection);
    this.#watch.on("silent", ({ forMs }) => void this.restart(`nothing came for ${String(forMs)} ms`));
    this.#watch.on("noticed", () => {
      this.emit("interrupted", undefined);
    });
    this.#watch.on("heard", () => {
      this.emit("media", undefined);
    });
    this.#watch.on("gone", () => {
      this.#lose({ step: "resume" }, "nothing came for too long");
    });
    this.peer.on("connection", (state) => {
      this.#watchMedia(state);
    });
  }

  /** Opens the seat: socket and offer are prepared side by side, then one message goes out. */
  async open(credential: Credential, isActive: (source: Source) => boolean): Promise<void> {
    try {
      const [offer] = await Promise.all([this.peer.createOffer(), this.#signalling.opened]);
      const tracks = this.peer.publishTracks(isActive);
      for (const { source, active } of tracks) this.#announced.set(source, active);
      this.#hasSentCredential = true;
      this.#signalling.begin(
        "resume" in credential
          ? { type: "resume", resume: credential.resume, offer, tracks }
          : { type: "join", token: credential.token, offer, tracks },
      );
    } catch (error) {
      this.#lose({ step: "resume" }, `the offer failed: ${String(error)}`);
    }
  }

  /** Whether the node may have seen the credential: a token opens a seat once. */
  get hasSentCredential(): boolean {
    return this.#hasSentCredential;
  }

  /** Whether the seat is open. */
  get isJoined(): boolean {
    return this.#isJoined;
  }

  /** Whether the node hears what is said now. */
  get isAttached(): boolean {
    return this.#signalling.isAttached;
  }

  /** The newest secret for coming back; `null` before `joined`. */
  get resume(): string | null {
    return this.#signalling.resume;
  }

  /** Tells the node that a source is on or off, if it does not know. Before `joined` the join message says it. */
  announce(source: Source, active: boolean): void {
    const mid = this.peer.mid(source);
    if (!this.#isJoined || mid === null || this.#announced.get(source) === active) return;
    this.#announced.set(source, active);
    this.send({ type: "track", mid, active });
  }

  /** Says what changes something: now, or as soon as signalling is back. */
  send(message: ClientMessage): void {
    this.#signalling.say(message);
  }

  /** Something may have changed (network, page shown again): find out soon. */
  probe(): void {
    this.#signalling.probe();
  }

  /** Looks for another path to the node, with everything else as it is. The old path serves until the new one does. */
  async restart(why: string): Promise<void> {
    const now = Date.now();
    const isUnderWay = this.#awaitsAnswer && now - this.#restartedAt < RESTART_WITHIN_MS;
    if (!this.#isJoined || this.#isOver || isUnderWay || now - this.#restartedAt < RESTART_PAUSE_MS) return;
    this.#restartedAt = now;
    const isRepeated = this.#awaitsAnswer;
    this.#awaitsAnswer = true;
    this.emit("restarting", { why });
    // An offer that was not answered is with the node, or goes there with the next connection.
    if (!isRepeated) {
      try {
        const offer = await this.peer.restartIce();
        const isActive = (source: Source) => this.#announced.get(source) === true;
        this.send({ type: "offer", offer, tracks: this.peer.publishTracks(isActive) });
      } catch (error) {
        this.#lose({ step: "resume" }, `the restart failed: ${String(error)}`);
        return;
      }
    }
    this.#signalling.race();
  }

  /** Ends signalling; the peer keeps playing until `close`, while the next session is being opened. */
  closeSignalling(): void {
    this.#isOver = true;
    clearTimeout(this.#mediaTimer);
    this.#watch.stop();
    this.#signalling.close();
  }

  close(): void {
    this.closeSignalling();
    this.peer.close();
  }

  async #read(message: ServerMessage): Promise<void> {
    if (message.type === "layers") {
      this.peer.setLayers(message.mid, message.rids, message.sizes);
      this.peer.setPicturesHeldUp(message.paused === "uplink");
    }
    if (message.type === "answer") {
      await this.#applyAnswer(message.answer);
      return;
    }
    if (message.type !== "joined") {
      this.emit("message", message);
      return;
    }
    this.#isJoined = true;
    this.#awaitMedia(MEDIA_CONNECTS_WITHIN_MS, "media did not connect");
    // Emitted before the answer is applied, so that messages right behind it find their roster.
    this.emit("joined", message);
    await this.#applyAnswer(message.answer);
  }

  async #applyAnswer(answer: string): Promise<void> {
    this.#awaitsAnswer = false;
    this.#signalling.endRace();
    try {
      await this.peer.applyAnswer(answer);
    } catch (error) {
      this.#lose({ step: "resume" }, `the answer was refused: ${String(error)}`);
    }
  }

  #watchMedia(state: RTCPeerConnectionState): void {
    if (this.#isOver) return;
    if (state === "connected") {
      clearTimeout(this.#mediaTimer);
      this.#watch.start();
      this.emit("media", undefined);
    } else if (state === "disconnected") {
      void this.restart("ICE is disconnected");
    } else if (state === "failed") {
      // The watch says when it is too long.
      this.emit("interrupted", undefined);
      void this.restart("ICE failed");
    }
  }

  #awaitMedia(ms: number, otherwise: string): void {
    clearTimeout(this.#mediaTimer);
    this.#mediaTimer = setTimeout(() => {
      this.#lose({ step: "resume" }, otherwise);
    }, ms);
  }

  #lose(next: NextStep, detail: string): void {
    if (this.#isOver) return;
    this.closeSignalling();
    this.emit("lost", { next, detail });
  }
}
