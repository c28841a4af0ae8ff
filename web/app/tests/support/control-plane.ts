/** A control plane that answers what it is told, and remembers what it was asked. */

import { vi } from "vitest";

export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Headers;
  body: unknown;
}

interface Answer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

type Handler = (asked: Asked) => Answer;

export class FakeControlPlane {
  readonly asked: Asked[] = [];
  readonly #handlers = new Map<string, Handler>();
  readonly #held = new Map<string, Promise<void>>();
  isReachable = true;
  /** The doors that were knocked at while it was not reachable. */
  readonly missed: string[] = [];

  /** Answers requests to "GET /api/…" with JSON; the query is not part of the path. */
  on(door: string, body: unknown, status = 200): this {
    this.#handlers.set(door, () => ({ status, body }));
    return this;
  }

  /** Refuses with a problem document. */
  refuse(door: string, status: number, problem: string, extra: object = {}, headers = {}): this {
    const body = { type: `/problems/${problem}`, title: problem, status, ...extra };
    this.#handlers.set(door, () => ({ status, body, headers }));
    return this;
  }

  /** Keeps the answers of a door until the returned function is called. */
  holdBack(door: string): () => void {
    let release: () => void = () => undefined;
    this.#held.set(door, new Promise((resolve) => (release = resolve)));
    return () => {
      this.#held.delete(door);
      release();
    };
  }

  askedFor(door: string): Asked[] {
    return this.asked.filter(({ method, path }) => `${method} ${path}` === door);
  }

  /** Takes the place of `fetch` until the test ends. */
  install(): this {
    vi.stubGlobal("fetch", async (input: string, init: RequestInit = {}) => {
      const { pathname: path, searchParams: query } = new URL(input, "http://localhost");
      if (!this.isReachable) {
        this.missed.push(`${init.method ?? "GET"} ${path}`);
        throw new TypeError("no network");
      }
      const body: unknown = typeof init.body === "string" ? JSON.parse(init.body) : undefined;
      const asked = { method: init.method ?? "GET", path, query, headers: new Headers(init.headers), body };
      this.asked.push(asked);
      await this.#held.get(`${asked.method} ${path}`);
      const answer = this.#handlers.get(`${asked.method} ${path}`)?.(asked) ?? notFound();
      return new Response(answer.status === 204 ? null : JSON.stringify(answer.body), {
        status: answer.status,
        headers: answer.headers ?? {},
      });
    });
    return this;
  }
}

function notFound(): Answer {
  return { status: 404, body: { type: "/problems/not-found", status: 404 } };
}
