/** A scripted browser: every socket, peer and prompt it made is there to look at. */

import type { Platform } from "../../src/platform";
import { FakeStream, FakeTrack } from "./media";
import { FakePeerConnection } from "./peer-connection";
import { FakeWebSocket } from "./web-socket";

export class FakePlatform implements Platform {
  readonly sockets: FakeWebSocket[] = [];
  readonly peers: FakePeerConnection[] = [];
  readonly prompts: MediaStreamConstraints[] = [];
  /** Names of the exceptions that opening fails with. */
  audioFailsWith: string | null = null;
  videoFailsWith: string | null = null;
  /** Devices by id that are unplugged. */
  readonly audioIsGone = new Set<string>();
  readonly videoIsGone = new Set<string>();
  /** Whether a sender may have several encodings. */
  hasSimulcast = true;
  /** What a camera can be encoded as: content type and mode. */
  readonly encodes = new Set<string>();
  /** Whether the node answers pings: for tests on real time, however long they take. */
  answersPings = false;
  /** What `random` gives: 1 makes every wait as long as it can be. */
  randomIs = 1;

  get socket(): FakeWebSocket {
    return this.sockets.at(-1) ?? fail("no socket yet");
  }

  get peer(): FakePeerConnection {
    return this.peers.at(-1) ?? fail("no peer yet");
  }

  createWebSocket(url: string): WebSocket {
    const socket = new FakeWebSocket(url);
    socket.answersPings = this.answersPings;
    this.sockets.push(socket);
    return socket as unknown as WebSocket;
  }

  createPeerConnection(configuration: RTCConfiguration): RTCPeerConnection {
    const peer = new FakePeerConnection(configuration, this.hasSimulcast);
    this.peers.push(peer);
    return peer as unknown as RTCPeerConnection;
  }

  getUserMedia(constraints: MediaStreamConstraints): Promise<MediaStream> {
    this.prompts.push(constraints);
    const failures = [constraints.audio && this.audioFailsWith, constraints.video && this.videoFailsWith];
    const failure = failures.find((name) => typeof name === "string");
    if (failure !== undefined) return Promise.reject(new DOMException("scripted", failure));
    const { audio, video } = constraints;
    const isGone = [
      audio !== undefined && this.audioIsGone.has(wantedDevice(audio)),
      video !== undefined && this.videoIsGone.has(wantedDevice(video)),
    ].includes(true);
    if (isGone) return Promise.reject(new DOMException("scripted", "OverconstrainedError"));
    const tracks: FakeTrack[] = [];
    if (constraints.audio) tracks.push(new FakeTrack("audio", wantedDevice(constraints.audio)));
    if (constraints.video) tracks.push(new FakeTrack("video", wantedDevice(constraints.video)));
    return Promise.resolve(new FakeStream(tracks) as unknown as MediaStream);
  }

  getDisplayMedia(): Promise<MediaStream> {
    return Promise.resolve(new FakeStream([new FakeTrack("video", "screen")]) as unknown as MediaStream);
  }

  createMediaStream(): MediaStream {
    return new FakeStream() as unknown as MediaStream;
  }

  canEncode(contentType: string, scalabilityMode: string): Promise<boolean> {
    return Promise.resolve(this.encodes.has(`${contentType} ${scalabilityMode}`));
  }

  random(): number {
    return this.randomIs;
  }
}

function wantedDevice(constraints: boolean | MediaTrackConstraints): string {
  const wanted = typeof constraints === "object" ? constraints.deviceId : undefined;
  return typeof wanted === "object" && "exact" in wanted ? String(wanted.exact) : "default";
}

function fail(message: string): never {
  throw new Error(message);
}
