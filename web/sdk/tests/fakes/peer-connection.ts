/** A peer connection that gives mids in the order of the m-lines, as browsers do (RFC 9429 §5.2.1). */

import { FakeTrack } from "./media";

interface FakeTransceiver {
  kind: "audio" | "video";
  direction: string;
  mid: string | null;
  sender: { track: unknown; replaceTrack: (track: unknown) => Promise<void> };
  receiver: { track: FakeTrack };
  setCodecPreferences: () => void;
}

export class FakePeerConnection {
  readonly transceivers: FakeTransceiver[] = [];
  localDescription: { sdp: string } | null = null;
  answer: string | null = null;
  connectionState: RTCPeerConnectionState = "new";
  onconnectionstatechange: (() => void) | null = null;
  isClosed = false;

  readonly configuration: RTCConfiguration;

  constructor(configuration: RTCConfiguration) {
    this.configuration = configuration;
  }

  addTransceiver(kind: "audio" | "video", { direction }: { direction: string }): FakeTransceiver {
    const sender = {
      track: null as unknown,
      replaceTrack: (track: unknown) => {
        sender.track = track;
        return Promise.resolve();
      },
    };
    const transceiver: FakeTransceiver = {
      kind,
      direction,
      mid: null,
      sender,
      receiver: { track: new FakeTrack(kind) },
      setCodecPreferences: () => undefined,
    };
    this.transceivers.push(transceiver);
    return transceiver;
  }

  /** Packets arrive between two looks, unless the path is broken. */
  isSilent = false;
  #packetsReceived = 0;

  getStats(): Promise<Map<string, unknown>> {
    if (!this.isSilent) this.#packetsReceived += 10;
    return Promise.resolve(new Map([["T", { type: "transport", packetsReceived: this.#packetsReceived }]]));
  }

  /** How often ICE was restarted. */
  restarts = 0;

  createOffer(options?: { iceRestart?: boolean }): Promise<{ type: "offer"; sdp: string }> {
    if (options?.iceRestart === true) this.restarts += 1;
    const sections = this.transceivers.map(({ kind, direction }) => `m=${kind}\r\na=${direction}\r\n`);
    return Promise.resolve({ type: "offer", sdp: sections.join("") });
  }

  setLocalDescription(description: { sdp: string }): Promise<void> {
    this.transceivers.forEach((transceiver, index) => (transceiver.mid = String(index)));
    this.localDescription = description;
    return Promise.resolve();
  }

  setRemoteDescription({ sdp }: { sdp: string }): Promise<void> {
    this.answer = sdp;
    return Promise.resolve();
  }

  close(): void {
    this.isClosed = true;
  }

  /** ICE and DTLS reach a state. */
  becomes(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  /** What the m-line sends now. */
  sends(mid: string): unknown {
    return this.transceivers.find((transceiver) => transceiver.mid === mid)?.sender.track ?? null;
  }

  receiverTrack(mid: string): FakeTrack | undefined {
    return this.transceivers.find((transceiver) => transceiver.mid === mid)?.receiver.track;
  }
}
