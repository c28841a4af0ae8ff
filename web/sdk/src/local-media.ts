/** Everything this participant can publish, together. */

import { type DeviceChoice, openCamera, openDevices, openMicrophone, openScreen } from "./capture";
import type { DeviceProblem } from "./device-problem";
import { LocalSource, type OpenDevice } from "./local-source";
import { PUBLISHED, type PublishedSource } from "./peer";
import type { Platform } from "./platform";

/** What to publish from the start. A track that the page opened is taken over; `false` never prompts. */
export interface JoinOptions {
  microphone?: DeviceChoice | MediaStreamTrack;
  camera?: DeviceChoice | MediaStreamTrack;
}

export class LocalMedia {
  readonly #platform: Platform;
  readonly #sources: Record<PublishedSource, LocalSource>;

  constructor(platform: Platform, onChange: (source: LocalSource) => void) {
    this.#platform = platform;
    const source = (name: PublishedSource, open: OpenDevice) => {
      const local = new LocalSource(name, open);
      local.on("change", () => {
        onChange(local);
      });
      return local;
    };
    this.#sources = {
      microphone: source("microphone", (id) => openMicrophone(choice(id), platform)),
      camera: source("camera", (id) => openCamera(choice(id), platform)),
      screen: source("screen", () => openScreen(platform)),
    };
  }

  get all(): LocalSource[] {
    return PUBLISHED.map((name) => this.#sources[name]);
  }

  of(source: PublishedSource): LocalSource {
    return this.#sources[source];
  }

  /** Takes over the tracks among `options`, at once, so that the first offer has them. */
  adopt(options: JoinOptions): void {
    const { microphone, camera } = options;
    if (isTrack(microphone)) this.#sources.microphone.adopt(microphone);
    if (isTrack(camera)) this.#sources.camera.adopt(camera);
  }

  /** Opens the devices among `options` with one prompt, and hands each out unless `isTooLate` by then. */
  async open(options: JoinOptions, isTooLate: () => boolean): Promise<void> {
    const { microphone = false, camera = false } = options;
    const opened = await openDevices(
      { microphone: !isTrack(microphone) && microphone, camera: !isTrack(camera) && camera },
      this.#platform,
    );
    for (const name of ["microphone", "camera"] as const) {
      const track = opened[name];
      if (isTooLate()) track?.stop();
      else this.#take(name, track, opened.problems[name]);
    }
  }

  stop(): void {
    for (const source of this.all) source.stop();
  }

  #take(name: PublishedSource, track: MediaStreamTrack | null, problem: DeviceProblem | undefined): void {
    if (track !== null) this.#sources[name].adopt(track);
    if (problem !== undefined) this.#sources[name].fail(problem);
  }
}

function choice(deviceId: string | null): DeviceChoice {
  return deviceId === null ? true : { deviceId };
}

function isTrack(value: DeviceChoice | MediaStreamTrack | undefined): value is MediaStreamTrack {
  return typeof value === "object" && "readyState" in value;
}
