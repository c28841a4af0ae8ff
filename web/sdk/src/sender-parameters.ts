/** Changes of a sender's parameters, one after another: the newest wish is what stays. */

/** A browser refuses parameters that are no longer the newest; what else it refuses does not change by trying, until the next wish. */
const TRIES_MAX = 3;

/** Makes parameters what they should be now; whether that changed anything. `failures`: how often it was just refused. */
type Change = (parameters: RTCRtpSendParameters, failures: number) => boolean;

export class SenderParameters {
  readonly #sender: RTCRtpSender;
  readonly #change: Change;
  #isStale = false;
  #isRunning = false;

  constructor(sender: RTCRtpSender, change: Change) {
    this.#sender = sender;
    this.#change = change;
  }

  /** Something else may be wished. */
  settle(): void {
    this.#isStale = true;
    if (!this.#isRunning) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    let failures = 0;
    while (this.#isStale && failures < TRIES_MAX) {
      this.#isStale = false;
      // Read, changed and set within one task: parameters are good for no longer (W3C webrtc §5.2.1).
      const parameters = this.#sender.getParameters();
      if (!this.#change(parameters, failures)) continue;
      try {
        await this.#sender.setParameters(parameters);
      } catch {
        failures += 1;
        this.#isStale = true;
      }
    }
    this.#isRunning = false;
  }
}
