/** A peer connection that gives mids in the order of the m-lines, as browsers do (RFC 9429 §5.2.1). */

import { FakeDataChannel } from "./data-channel";
import { FakeTrack } from "./media";

/** As browsers do, it takes only parameters that were read last, in the same task, and one change at a time. */
export class FakeSender {
  track: unknown = null;
  encodings: RTCRtpEncodingParameters[];
  /** How many of the next changes are refused. */
  refusals = 0;
  /** Changes that came at a wrong moment. */
  conflicts = 0;
  isNegotiated = false;
  #last: RTCRtpSendParameters | null = null;
  #isChanging = false;

  constructor(encodings: RTCRtpEncodingParameters[]) {
    this.encodings = structuredClone(encodings).map((encoding) => ({ active: true, ...encoding }));
  }

  replaceTrack(track: unknown): Promise<void> {
    this.track = track;
    return Promise.resolve();
  }

  getParameters(): RTCRtpSendParameters {
    const parameters = { encodings: structuredClone(this.encodings) } as RTCRtpSendParameters;
    this.#last = parameters;
    queueMicrotask(() => (this.#last = null));
    return parameters;
  }

  async setParameters(parameters: RTCRtpSendParameters): Promise<void> {
    if (parameters !== this.#last || this.#isChanging || !this.isNegotiated) {
      this.conflicts += 1;
      throw new DOMException("stale", "InvalidStateError");
    }
    this.#isChanging = true;
    await new Promise((done) => setTimeout(done, 5));
    this.#isChanging = false;
    if (this.refusals > 0) {
      this.refusals -= 1;
      throw new DOMException("scripted", "InvalidModificationError");
    }
    this.encodings = structuredClone(parameters.encodings);
  }
}

interface FakeTransceiver {
  kind: "audio" | "video";
  direction: string;
  mid: string | null;
  sender: FakeSender;
  receiver: { track: FakeTrack };
  codecs: string[];
  setCodecPreferences: (codecs: RTCRtpCodec[]) => void;
  getHeaderExtensionsToNegotiate: () => { uri: string; direction: string }[];
  setHeaderExtensionsToNegotiate: (extensions: { uri: string; direction: string }[]) => void;
}

export class FakePeerConnection {
  readonly transceivers: FakeTransceiver[] = [];
  readonly channels: FakeDataChannel[] = [];
  /** What m-lines can tell in packet headers. */
  headerExtensions: { uri: string; direction: string }[] = [];
  localDescription: { sdp: string } | null = null;
  answer: string | null = null;
  connectionState: RTCPeerConnectionState = "new";
  onconnectionstatechange: (() => void) | null = null;
  isClosed = false;

  readonly configuration: RTCConfiguration;
  readonly #hasSimulcast: boolean;

  constructor(configuration: RTCConfiguration, hasSimulcast = true) {
    this.configuration = configuration;
    this.#hasSimulcast = hasSimulcast;
  }

  createDataChannel(label: string, init: RTCDataChannelInit): FakeDataChannel {
    const channel = new FakeDataChannel(label, init);
    this.channels.push(channel);
    return channel;
  }

  /** The channel for what is written. */
  get chat(): FakeDataChannel {
    const [channel] = this.channels;
    if (channel === undefined) throw new Error("no channel yet");
    return channel;
  }

  addTransceiver(
    kind: "audio" | "video",
    { direction, sendEncodings = [] }: { direction: string; sendEncodings?: RTCRtpEncodingParameters[] },
  ): FakeTransceiver {
    if (sendEncodings.length > 1 && !this.#hasSimulcast) throw new TypeError("sendEncodings");
    const transceiver: FakeTransceiver = {
      kind,
      direction,
      mid: null,
      sender: new FakeSender(sendEncodings),
      receiver: { track: new FakeTrack(kind) },
      codecs: [],
      setCodecPreferences: (codecs) => {
        transceiver.codecs = codecs.map(({ mimeType }) => mimeType);
      },
      getHeaderExtensionsToNegotiate: () => structuredClone(this.headerExtensions),
      setHeaderExtensionsToNegotiate: (extensions) => (this.headerExtensions = extensions),
    };
    this.transceivers.push(transceiver);
    return transceiver;
  }

  /** Packets arrive between two looks, unless the path is broken. */
  isSilent = false;
  #packetsReceived = 0;
  /** Why the browser sends less than it could. */
  limitedBy = "none";

  getStats(): Promise<Map<string, unknown>> {
    if (!this.isSilent) this.#packetsReceived += 10;
    return Promise.resolve(
      new Map<string, unknown>([
        ["T", { type: "transport", packetsReceived: this.#packetsReceived }],
        ["O", { type: "outbound-rtp", kind: "video", qualityLimitationReason: this.limitedBy }],
      ]),
    );
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

  /** As browsers do, a sender whose answer takes no simulcast keeps its first encoding (W3C webrtc §5.1). */
  async setRemoteDescription({ sdp }: { sdp: string }): Promise<void> {
    this.answer = sdp;
    await Promise.resolve();
    for (const { sender } of this.transceivers) sender.isNegotiated = true;
    const rids = /^a=simulcast:recv (.*)$/m.exec(sdp)?.[1]?.trim().split(";") ?? [];
    for (const { sender } of this.transceivers) sender.encodings.splice(Math.max(1, rids.length));
  }

  close(): void {
    this.isClosed = true;
  }

  /** ICE and DTLS reach a state. */
  becomes(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  /** What of the m-line is encoded, by RID, or by `-` for one without. */
  activeLayers(mid: string): string[] {
    const encodings =
      this.transceivers.find((transceiver) => transceiver.mid === mid)?.sender.encodings ?? [];
    return encodings.filter(({ active }) => active).map(({ rid }) => rid ?? "-");
  }

  /** What the m-line sends now. */
  sends(mid: string): unknown {
    return this.transceivers.find((transceiver) => transceiver.mid === mid)?.sender.track ?? null;
  }

  receiverTrack(mid: string): FakeTrack | undefined {
    return this.transceivers.find((transceiver) => transceiver.mid === mid)?.receiver.track;
  }
}
