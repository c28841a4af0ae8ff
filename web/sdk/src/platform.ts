/** What the SDK takes from the browser, so that tests can hand in a scripted one. */

export interface Platform {
  createWebSocket(url: string): WebSocket;
  createPeerConnection(configuration: RTCConfiguration): RTCPeerConnection;
  getUserMedia(constraints: MediaStreamConstraints): Promise<MediaStream>;
  getDisplayMedia(options: DisplayMediaStreamOptions): Promise<MediaStream>;
  createMediaStream(): MediaStream;
  random(): number;
}

/** The browser that the page runs in. */
export const browser: Platform = {
  createWebSocket: (url) => new WebSocket(url),
  createPeerConnection: (configuration) => new RTCPeerConnection(configuration),
  getUserMedia: (constraints) => navigator.mediaDevices.getUserMedia(constraints),
  getDisplayMedia: (options) => navigator.mediaDevices.getDisplayMedia(options),
  createMediaStream: () => new MediaStream(),
  random: () => Math.random(),
};
