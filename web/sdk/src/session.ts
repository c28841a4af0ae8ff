/**
 * One attempt at being in the room, from the socket's opening to its loss: a signalling connection and the peer
 * that it negotiated. `Call` makes the next one; a session never repairs itself.
 *
 * ```text
 * opening ──offer sent──▶ joining ──joined, answer applied──▶ live ──▶ lost (once, with the next step)
 * ```
 */

import { Emitter } from "./emitter";
import { afterClose, type LastWords, type NextStep } from "./outcome";
import { PeerTransport } from "./peer";
import type { Platform } from "./platform";
import type { ClientMessage, Joined, ServerMessage, Source } from "./protocol";
import { SignallingConnection } from "./signalling";

/** ICE may heal by itself: Wi-Fi roaming takes about two seconds (media.md: wait 2–3 s). */
const MEDIA_HEALS_WITHIN_MS = 2_000;
/** ICE and DTLS take well under a second; a path that needs longer does not work. */
const MEDIA_CONNECTS_WITHIN_MS = 15_000;

/** What opens the seat. */
export type Credential = { token: string } | { resume: string };

export interface SessionEvents {
  /** The seat is open and the answer applied. */
  joined: Joined;
  /** Media flows, for the first time or again. */
  media: undefined;
  message: ServerMessage;
  /** Fires once; nothing follows. */
  lost: { next: NextStep; detail: string };
}

export class Session extends Emitter<SessionEvents> {
  readonly peer: PeerTransport;
  readonly #signalling: SignallingConnection;
  readonly #lastWords: LastWords = { ended: null, refused: null, joined: false };
  /** What the node was last told of each source. */
  readonly #announced = new Map<Source, boolean>();
  #isOver = false;
  #hasSentCredential = false;
  #mediaTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(platform: Platform, url: string, iceServers: RTCIceServer[]) {
    super();
    this.peer = new PeerTransport(platform, iceServers);
    this.#signalling = new SignallingConnection(platform, url);
    this.#signalling.on("message", (message) => void this.#read(message));
    this.#signalling.on("closed", ({ code, detail }) => {
      this.#lose(afterClose(code, this.#lastWords), `socket closed with ${String(code)}: ${detail}`);
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
      this.#signalling.send(
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
    return this.#lastWords.joined;
  }

  /** Tells the node that a source is on or off, if it does not know. Before `joined` the join message says it. */
  announce(source: Source, active: boolean): void {
    const mid = this.peer.mid(source);
    if (!this.#lastWords.joined || mid === null || this.#announced.get(source) === active) return;
    this.#announced.set(source, active);
    this.send({ type: "track", mid, active });
  }

  send(message: ClientMessage): void {
    this.#signalling.send(message);
  }

  /** Something may have changed (network, page shown again): find out soon. */
  probe(): void {
    this.#signalling.probe();
  }

  /** Ends signalling; the peer keeps playing until `close`, while the next session is being opened. */
  closeSignalling(): void {
    this.#isOver = true;
    clearTimeout(this.#mediaTimer);
    this.#signalling.close();
  }

  close(): void {
    this.closeSignalling();
    this.peer.close();
  }

  async #read(message: ServerMessage): Promise<void> {
    if (message.type === "refused") this.#lastWords.refused = message.problem;
    if (message.type === "ended") this.#lastWords.ended = message.reason;
    if (message.type === "layers") this.peer.setLayers(message.mid, message.rids);
    if (message.type !== "joined") {
      this.emit("message", message);
      return;
    }
    this.#lastWords.joined = true;
    this.#awaitMedia(MEDIA_CONNECTS_WITHIN_MS, "media did not connect");
    // Emitted before the answer is applied, so that messages right behind it find their roster.
    this.emit("joined", message);
    try {
      await this.peer.applyAnswer(message.answer);
    } catch (error) {
      this.#lose({ step: "resume" }, `the answer was refused: ${String(error)}`);
    }
  }

  #watchMedia(state: RTCPeerConnectionState): void {
    if (this.#isOver) return;
    if (state === "connected") {
      clearTimeout(this.#mediaTimer);
      this.emit("media", undefined);
    } else if (state === "disconnected") {
      this.#awaitMedia(MEDIA_HEALS_WITHIN_MS, "media was interrupted");
    } else if (state === "failed") {
      this.#lose({ step: "resume" }, "the media path failed");
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
