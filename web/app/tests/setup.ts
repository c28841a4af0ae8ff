/** What jsdom lacks, and a clean page after each test. */

import "@testing-library/jest-dom/vitest";

import { cleanup, configure } from "@testing-library/react";
import { afterEach, beforeAll, beforeEach, vi } from "vitest";

import { setCsrfToken } from "../src/api/client";
import { i18n, startI18n } from "../src/i18n/i18n";
import { FakeIntersectionObserver, FakeResizeObserver } from "./support/observers";

class FakeMediaStream {
  readonly #tracks: unknown[];

  constructor(tracks: unknown[] = []) {
    this.#tracks = tracks;
  }

  getTracks(): unknown[] {
    return this.#tracks;
  }

  addTrack(track: unknown): void {
    this.#tracks.push(track);
  }
}

/** Longer than the library's second: a page of MUI under load on two cores takes its time. */
configure({ asyncUtilTimeout: 10_000 });

beforeAll(async () => {
  await startI18n(["en"]);
  vi.stubGlobal("MediaStream", FakeMediaStream);
  vi.stubGlobal("ResizeObserver", FakeResizeObserver);
  vi.stubGlobal("IntersectionObserver", FakeIntersectionObserver);
  HTMLMediaElement.prototype.play = () => Promise.resolve();
});

beforeEach(async () => {
  await i18n.changeLanguage("en");
});

afterEach(() => {
  cleanup();
  setCsrfToken(null);
  history.replaceState(null, "", "/");
});
