/** Tracks and streams without media. */

export class FakeTrack {
  readyState: "live" | "ended" = "live";
  enabled = true;
  contentHint = "";
  onended: (() => void) | null = null;

  readonly kind: "audio" | "video";
  readonly deviceId: string;

  constructor(kind: "audio" | "video", deviceId = "default") {
    this.kind = kind;
    this.deviceId = deviceId;
  }

  getSettings(): MediaTrackSettings {
    return { deviceId: this.deviceId };
  }

  stop(): void {
    this.readyState = "ended";
  }

  /** The device goes away. */
  unplug(): void {
    this.readyState = "ended";
    this.onended?.();
  }
}

export class FakeStream {
  readonly tracks: FakeTrack[];

  constructor(tracks: FakeTrack[] = []) {
    this.tracks = [...tracks];
  }

  addTrack(track: FakeTrack): void {
    this.tracks.push(track);
  }

  getTracks(): FakeTrack[] {
    return this.tracks;
  }

  getAudioTracks(): FakeTrack[] {
    return this.tracks.filter(({ kind }) => kind === "audio");
  }

  getVideoTracks(): FakeTrack[] {
    return this.tracks.filter(({ kind }) => kind === "video");
  }
}
