/**
 * The call: what a page holds. It keeps one seat in one room through any number of sessions, until somebody
 * leaves or the visit ends.
 *
 * ```text
 * idle ──join──▶ connecting ──media──▶ connected ◀──media── reconnecting
 *                    │                     └────lost──────────▶ │
 *                    └──────────────── ended ◀──────────────────┘
 * ```
 *
 * Long, because every door of the page and every message of the node passes here, and each of them needs the same few
 * fields. What can be said without those has a file of its own: how one session goes (`session.ts`), who is there
 * (`roster.ts`), moderation, chat, views, the local sources.
 */

import { backoffMs, STABLE_AFTER_MS } from "./backoff";
import type { CallEvents } from "./call-events";
import type { CameraCodec } from "./camera-codec";
import { type CallOptions, JoinRefused, type JoinTarget } from "./call-options";
import { Chat, type Said } from "./chat";
import { DeviceLimit } from "./device-limit";
import { Emitter } from "./emitter";
import { type JoinOptions, LocalMedia } from "./local-media";
import type { LocalSource } from "./local-source";
import type { NextStep, Outcome } from "./outcome";
import {
  type AskedSource,
  answered,
  isAskedSource,
  mayPublish,
  moderationOf,
  updateModeration,
} from "./moderation";
import { listenToPage } from "./page-hints";
import type { PublishedSource } from "./peer";
import { browser, type Platform } from "./platform";
import type { Joined, Moderation, Role, SeatId, ServerMessage, Source, ViewSize } from "./protocol";
import { EMPTY_ROSTER, type Roster, rosterOf, updateRoster } from "./roster";
import { Session } from "./session";
import { Slots } from "./slots";
import { StatsReader } from "./stats";
import { type CallView, IDLE, qualityView } from "./view";
import { Views } from "./views";

/** A connection that is back sooner was not worth a word: nothing that somebody sees or hears depends on it. */
const DETACHED_NOTICE_MS = 1_000;
/** How often `stats` is read while somebody listens: the pace of the node's grades. */
const STATS_EVERY_MS = 2_000;

export class Call extends Emitter<CallEvents> {
  readonly #platform: Platform;
  readonly #refresh: (() => Promise<JoinTarget>) | undefined;
  readonly #cameraCodec: CameraCodec | undefined;
  readonly #slots: Slots;
  readonly #local: LocalMedia;
  readonly #chat: Chat;
  readonly #views = new Views((lanes) => {
    if (this.#session?.isJoined === true) this.#session.send({ type: "view", lanes });
  });
  #view: CallView = IDLE;
  #roster: Roster = EMPTY_ROSTER;
  #target: JoinTarget | null = null;
  #isTokenUsed = false;
  #resume: string | null = null;
  /** The session being opened or live. */
  #session: Session | null = null;
  /** The session whose media is shown: it plays on until the next one's media flows (make before break). */
  #shown: Session | null = null;
  /** What is on the lanes of `#shown`. The roster's are those of the newest session. */
  #shownLanes: Roster["lanes"] = [];
  #attempt = 0;
  /** Who has switched what off, until it is on again: the node says it anew after every join. */
  readonly #mutedBy = new Map<Source, SeatId>();
  /** `endForAll` was asked for; kept until the node can be told. */
  #wantsEnd = false;
  #stopListening: () => void = () => undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #stableTimer: ReturnType<typeof setTimeout> | undefined;
  #detachedTimer: ReturnType<typeof setTimeout> | undefined;
  #statsTimer: ReturnType<typeof setInterval> | undefined;
  #statsReader = new StatsReader();
  readonly #deviceLimit = new DeviceLimit();
  /** The node tells scores, so it knows what a device is, too. */
  #tellsScores = false;

  constructor(options: CallOptions = {}) {
    super();
    const platform = options.platform ?? browser;
    this.#platform = platform;
    this.#refresh = options.refresh;
    this.#cameraCodec = options.cameraCodec;
    this.#slots = new Slots(() => platform.createMediaStream());
    this.#chat = new Chat(
      () => platform.random(),
      (chat) => {
        if (!this.#isEnded()) this.#set({ chat });
      },
    );
    this.#local = new LocalMedia(platform, (source) => {
      this.#publish(source);
    });
  }

  /** The call as it is now. A new object for every change. */
  get view(): CallView {
    return this.#view;
  }

  /** The peer connection in use, for experts and tests. Another one after a reconnect. */
  get connection(): RTCPeerConnection | null {
    return this.#shown?.peer.connection ?? null;
  }

  /**
   * Joins. Signalling and devices are opened side by side: a slow permission prompt does not delay hearing the
   * others. Follow `view.state` for what becomes of it; the promise settles when the devices are opened.
   */
  async join(target: JoinTarget, options: JoinOptions = {}): Promise<void> {
    if (this.#view.state !== "idle") throw new Error("a call is joined once; make a new one");
    this.#target = target;
    this.#local.adopt(options);
    this.#set({ state: "connecting" });
    this.#stopListening = listenToPage({
      onNetwork: () => {
        this.#onHint();
        void this.#session?.restart("another network");
      },
      onHint: () => {
        this.#onHint();
      },
      onUnload: () => {
        // The resume secret goes with the page: let the others know at once.
        this.leave();
      },
    });
    this.#statsTimer = setInterval(() => void this.#readStats(), STATS_EVERY_MS);
    this.#connect();
    await this.#local.open(options, () => this.#isEnded());
  }

  /** Mutes or unmutes. Muted, nothing is sent; the device stays open, so that unmuting is instant. */
  setMicrophoneOn(on: boolean): Promise<void> {
    return this.#setOn("microphone", on);
  }

  /** Turns the camera on or off. Off, the device is let go of and its light goes out. */
  setCameraOn(on: boolean): Promise<void> {
    return this.#setOn("camera", on);
  }

  /** Shares a screen (the browser asks which), or stops. Call it from a click: browsers demand that. */
  setScreenOn(on: boolean): Promise<void> {
    return this.#setOn("screen", on);
  }

  /** Uses another microphone, without renegotiation. */
  setMicrophone(deviceId: string): Promise<void> {
    return this.#local.of("microphone").setDevice(deviceId);
  }

  /** Uses another camera, without renegotiation. */
  setCamera(deviceId: string): Promise<void> {
    return this.#local.of("camera").setDevice(deviceId);
  }

  /**
   * Says at what size a slot's picture is shown, so that nothing larger is sent; `hidden` stops it, never the sound. A
   * slot that nothing is said of is sent at its full size.
   */
  setView(slotId: string, size: ViewSize): void {
    if (!this.#isEnded()) this.#views.setSize(slotId, size);
  }

  /**
   * Writes to everybody in the visit; see `view.chat`. While the connection is being restored it waits, and goes out once.
   * Tells whether it was taken, or why not.
   */
  say(text: string): Said {
    return this.#isEnded() ? "over" : this.#chat.say(text);
  }

  /** Says again, as a new text, what was refused. */
  sayAgain(key: string): Said {
    return this.#isEnded() ? "over" : this.#chat.sayAgain(key);
  }

  /** Takes a refused text out of `view.chat`. */
  dismiss(key: string): void {
    if (!this.#isEnded()) this.#chat.dismiss(key);
  }

  /** Acts on others or on the room. Needs `view.permissions.moderate`; what becomes of it shows in the view. */
  moderate(order: Moderation): void {
    if (this.#session?.isJoined === true) this.#session.send({ type: "moderate", order });
  }

  /** Says no to what a moderator asks for. Yes is `setMicrophoneOn` or `setCameraOn`. */
  decline(source: AskedSource): void {
    this.#set(answered(this.#view, source));
    if (this.#session?.isJoined === true) this.#session.send({ type: "decline", source });
  }

  /** Leaves for good. Others see it at once. */
  leave(): void {
    this.#session?.send({ type: "leave" });
    this.#end({ kind: "left" });
  }

  /**
   * Ends the visit for all. Needs `view.permissions.end`. It is over here when the node says so; while the
   * connection is lost, that is once it is back.
   */
  endForAll(): void {
    this.#wantsEnd = true;
    if (this.#session?.isJoined === true) this.#session.send({ type: "end" });
  }

  /** Nothing goes on that nobody would see or hear, because a moderator has taken it away. */
  async #setOn(source: PublishedSource, on: boolean): Promise<void> {
    const { permissions } = this.#view;
    if (on && permissions !== null && !mayPublish(source, permissions)) return;
    await this.#local.of(source).setOn(on);
  }

  /** Puts a source's state on the page and on the wire. */
  #publish(local: LocalSource): void {
    const { source, isOn, track, problem } = local;
    if (isOn) this.#mutedBy.delete(source);
    this.#set({ ...(isOn ? answered(this.#view, source) : {}), [source]: { isOn, track, problem } });
    // The node drops media of a source that it takes for off: it hears of "on" before media, of "off" after.
    if (isOn) this.#session?.announce(source, isOn);
    // While the connection is being restored, both: nobody who mutes is heard over the old one.
    for (const session of new Set([this.#session, this.#shown])) {
      if (session !== null) this.#putOn(session, local);
    }
    if (!isOn) this.#session?.announce(source, isOn);
  }

  #putOn(session: Session, local: LocalSource): void {
    // Fails only on a peer that closed meanwhile; the next one starts from the current state.
    session.peer.setTrack(local.source, local.sentTrack).catch(() => undefined);
  }

  #connect(): void {
    const target = this.#target;
    if (target === null || this.#isEnded()) return;
    const session = new Session(this.#platform, target.url, target.iceServers ?? [], this.#cameraCodec);
    this.#session = session;
    session.on("camera", (camera) => {
      this.emit("camera", camera);
    });
    session.on("joined", (joined) => {
      this.#onJoined(session, joined);
    });
    session.on("media", () => {
      this.#onMedia(session);
    });
    session.on("message", (message) => {
      this.#onMessage(message);
    });
    session.on("interrupted", () => {
      if (session === this.#shown && this.#view.state === "connected") this.#set({ state: "reconnecting" });
    });
    session.on("restarting", ({ why }) => {
      this.emit("lost", { detail: why, attempt: 0 });
    });
    session.on("detached", (event) => {
      this.emit("lost", event);
      this.#detachedTimer ??= setTimeout(() => {
        this.#set({ isDetached: true });
      }, DETACHED_NOTICE_MS);
    });
    session.on("reattached", () => {
      this.#endDetached();
    });
    session.on("lost", ({ next, detail }) => {
      this.#onLost(session, next, detail);
    });
    this.#chat.attach(session.peer.channel);
    for (const local of this.#local.all) this.#putOn(session, local);
    const credential = this.#resume === null ? { token: target.token } : { resume: this.#resume };
    void session.open(credential, (source) => source !== "screen_audio" && this.#local.of(source).isOn);
  }

  #endDetached(): void {
    clearTimeout(this.#detachedTimer);
    this.#detachedTimer = undefined;
    if (this.#view.isDetached) this.#set({ isDetached: false });
  }

  #onJoined(session: Session, joined: Joined): void {
    this.#shown ??= session;
    this.#resume = joined.resume;
    this.#endDetached();
    this.#roster = rosterOf(joined);
    this.#deviceLimit.restart();
    this.#tellsScores = false;
    const { seat, role, permissions } = joined;
    this.#chat.seat = seat;
    this.#views.begin(this.#roster);
    const moderation = moderationOf(joined);
    this.#set({
      seat,
      role,
      permissions,
      speakers: [],
      isHeldUp: false,
      ...moderation,
      ...qualityView([]),
      ...this.#rosterView(),
    });
    this.#stopWhatIsNotAllowed();
    for (const local of this.#local.all) session.announce(local.source, local.isOn);
    if (this.#wantsEnd) session.send({ type: "end" });
  }

  #onMedia(session: Session): void {
    if (this.#shown !== session) {
      this.#shown?.close();
      this.#shown = session;
      this.#statsReader = new StatsReader();
    }
    this.#set({ state: "connected", ...this.#rosterView() });
    clearTimeout(this.#stableTimer);
    this.#stableTimer = setTimeout(() => {
      this.#attempt = 0;
      this.#set({ attempt: 0 });
    }, STABLE_AFTER_MS);
  }

  #onMessage(message: ServerMessage): void {
    const moderated = updateModeration(this.#view, message);
    if (moderated !== this.#view) this.#set(moderated);
    switch (message.type) {
      case "admitted":
        this.#onRosterMessage(message);
        this.emit("admitted", undefined);
        break;
      case "muted":
        this.#onMuted(message.source, message.by, message.role);
        break;
      case "declined": {
        const { seat, source } = message;
        if (isAskedSource(source)) this.emit("declined", { seat, source });
        break;
      }
      case "permissions":
        this.#set({ permissions: message.permissions });
        this.#stopWhatIsNotAllowed();
        this.emit("permitted", undefined);
        break;
      case "participant_left":
        if (message.seat === this.#view.seat) {
          // Said before the connection closes: its media stops at once, and would be taken for a broken path.
          this.#end({ kind: "removed" });
          break;
        }
        this.#onRosterMessage(message);
        break;
      case "participant":
      case "lanes":
        this.#onRosterMessage(message);
        break;
      case "speakers":
        this.#set({ speakers: message.speakers });
        break;
      case "layers":
        this.#set({ isHeldUp: message.paused === "uplink" });
        break;
      case "quality":
        this.#tellsScores ||= message.quality.some(({ mos }) => mos !== undefined);
        this.#set(qualityView(message.quality));
        break;
      case "ended":
        this.#end({ kind: "ended", reason: message.reason });
        break;
      case "refused":
        if (message.problem === "turned_away") this.#end({ kind: "turned_away" });
        this.emit("refused", { problem: message.problem, detail: message.detail });
        break;
      default:
      // `pong` is the signalling connection's; a type of a newer node does not concern this client.
    }
  }

  /** The node has switched it off for all; here it goes off for real, and the light of a camera out. */
  #onMuted(source: Source, seat: SeatId, role: Role): void {
    if (source !== "screen_audio") void this.#local.of(source).setOn(false);
    if (this.#mutedBy.get(source) === seat) return;
    this.#mutedBy.set(source, seat);
    this.emit("muted", { source, seat, role });
  }

  #stopWhatIsNotAllowed(): void {
    const { permissions } = this.#view;
    for (const local of this.#local.all) {
      if (permissions !== null && local.isOn && !mayPublish(local.source, permissions))
        void local.setOn(false);
    }
  }

  #onRosterMessage(message: ServerMessage): void {
    const before = this.#roster;
    this.#roster = updateRoster(before, this.#view.seat ?? "", message);
    if (this.#roster === before) return;
    this.#views.setRoster(this.#roster);
    this.#set(this.#rosterView());
    const known = (seat: SeatId) => before.others.find((other) => other.seat === seat);
    if (message.type === "participant" && known(message.participant.seat) === undefined) {
      this.emit("arrived", message.participant);
    }
    if (message.type === "participant_left") {
      const participant = known(message.seat);
      if (participant !== undefined) this.emit("departed", { participant, reason: message.reason });
    }
  }

  #rosterView(): Partial<CallView> {
    const { others, lanes } = this.#roster;
    if (this.#session === this.#shown) this.#shownLanes = lanes;
    const laneTrack = (mid: string) => this.#shown?.peer.laneTrack(mid) ?? null;
    return { participants: others, slots: this.#slots.build(others, this.#shownLanes, laneTrack) };
  }

  #onLost(session: Session, next: NextStep, detail: string): void {
    if (session !== this.#session || this.#isEnded()) return;
    this.#session = null;
    this.#resume = session.resume ?? this.#resume;
    this.#endDetached();
    if (session !== this.#shown) session.peer.close();
    clearTimeout(this.#stableTimer);
    this.emit("lost", { detail, attempt: this.#attempt });
    if (next.step === "stop") {
      this.#end(next.outcome);
      return;
    }
    if (session.hasSentCredential) this.#isTokenUsed = true;
    if (next.step === "refresh") this.#resume = null;
    this.#retry();
  }

  #retry(): void {
    const delay = backoffMs(this.#attempt, () => this.#platform.random());
    this.#attempt += 1;
    const state = this.#view.state === "connecting" ? "connecting" : "reconnecting";
    this.#set({ state, attempt: this.#attempt });
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = undefined;
      if (this.#resume === null && this.#isTokenUsed) void this.#refreshAndConnect();
      else this.#connect();
    }, delay);
  }

  async #refreshAndConnect(): Promise<void> {
    if (this.#refresh === undefined) {
      this.#end({ kind: "unauthorized" });
      return;
    }
    try {
      this.#target = await this.#refresh();
      this.#isTokenUsed = false;
      this.#connect();
    } catch (error) {
      if (error instanceof JoinRefused) this.#end({ kind: "unauthorized", cause: error.cause ?? error });
      else this.#retry();
    }
  }

  #end(outcome: Outcome): void {
    if (this.#isEnded()) return;
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#stableTimer);
    clearTimeout(this.#detachedTimer);
    clearInterval(this.#statsTimer);
    this.#stopListening();
    this.#views.stop();
    this.#session?.close();
    this.#shown?.close();
    this.#session = null;
    this.#shown = null;
    this.#set({ state: "ended", outcome, isDetached: false, participants: [], slots: [], speakers: [] });
    this.#local.stop();
  }

  #isEnded(): boolean {
    return this.#view.state === "ended";
  }

  #onHint(): void {
    if (this.#retryTimer === undefined) {
      this.#session?.probe();
      return;
    }
    this.#attempt = 0;
    this.#retry();
  }

  async #readStats(): Promise<void> {
    const session = this.#shown;
    const tells = this.#tellsScores && session === this.#session && session?.isJoined === true;
    if (session === null || !(tells || this.hasListeners("stats"))) return;
    const reader = this.#statsReader;
    const report = await session.peer.connection.getStats();
    if (this.hasListeners("stats")) this.emit("stats", reader.read(report));
    const limited = tells ? this.#deviceLimit.read(report) : null;
    if (limited !== null && session === this.#session) session.send({ type: "device", limited });
  }

  #set(part: Partial<CallView>): void {
    this.#view = { ...this.#view, ...part };
    this.emit("change", this.#view);
  }
}
