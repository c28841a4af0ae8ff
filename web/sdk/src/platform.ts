/** What the SDK takes from the browser, so that tests can hand in a scripted one. */

export interface Platform {
  createWebSocket(url: string): WebSocket;
  createPeerConnection(configuration: RTCConfiguration): RTCPeerConnection;
  getUserMedia(constraints: MediaStreamConstraints): Promise<MediaStream>;
  getDisplayMedia(options: DisplayMediaStreamOptions): Promise<MediaStream>;
  createMediaStream(): MediaStream;
  /** Whether a camera can be encoded so (W3C media-capabilities). */
  canEncode(contentType: string, scalabilityMode: string): Promise<boolean>;
  random(): number;
}

/** What is asked about: a camera as the node takes it at most. */
const CAMERA_AT_BEST = { width: 1280, height: 720, framerate: 30, bitrate: 1_500_000 };

/** The browser that the page runs in. */
export const browser: Platform = {
  createWebSocket: (url) => new WebSocket(url),
  createPeerConnection: (configuration) => new RTCPeerConnection(configuration),
  getUserMedia: (constraints) => navigator.mediaDevices.getUserMedia(constraints),
  getDisplayMedia: (options) => navigator.mediaDevices.getDisplayMedia(options),
  createMediaStream: () => new MediaStream(),
  canEncode: async (contentType, scalabilityMode) => {
    // A browser that does not know the mode would answer without it.
    const video = { contentType, scalabilityMode, ...CAMERA_AT_BEST };
    try {
      return (await navigator.mediaCapabilities.encodingInfo({ type: "webrtc", video })).supported;
    } catch {
      return false;
    }
  },
  random: () => Math.random(),
};
