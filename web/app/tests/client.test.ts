/** The HTTP client should carry the CSRF token, and give errors as values. */

import { beforeEach, expect, it } from "vitest";

import { request, setCsrfToken } from "../src/api/client";
import { ApiError, isWorthRetrying, NetworkError } from "../src/api/problem";
import { FakeControlPlane } from "./support/control-plane";

let server: FakeControlPlane;

beforeEach(() => {
  server = new FakeControlPlane().install();
});

it("sends the token with commands only", async () => {
  server.on("POST /api/x", {}).on("GET /api/x", {});
  setCsrfToken("csrf-1");

  await request("GET", "/api/x");
  await request("POST", "/api/x", { body: { a: 1 }, idempotencyKey: "key" });

  const [read, command] = server.asked;
  expect(read?.headers.has("x-csrf-token")).toBe(false);
  expect(command?.headers.get("x-csrf-token")).toBe("csrf-1");
  expect(command?.headers.get("idempotency-key")).toBe("key");
  expect(command?.body).toEqual({ a: 1 });
});

it("gives refusals by their type, with what they add", async () => {
  server.refuse("POST /api/x", 429, "too-many-attempts", { more: 1 }, { "retry-after": "30" });

  const error: unknown = await request("POST", "/api/x").catch((refused: unknown) => refused);

  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ status: 429, problem: "too-many-attempts", retryAfterSecs: 30 });
  expect((error as ApiError).extra).toMatchObject({ more: 1 });
  expect(isWorthRetrying(error)).toBe(false);
});

it("tells an unreachable server from a refusal", async () => {
  server.isReachable = false;

  const error: unknown = await request("GET", "/api/x").catch((failed: unknown) => failed);

  expect(error).toBeInstanceOf(NetworkError);
  expect(isWorthRetrying(error)).toBe(true);
});

it("survives an error without a document", async () => {
  server.on("GET /api/x", "<html>", 502);

  const error: unknown = await request("GET", "/api/x").catch((failed: unknown) => failed);

  expect(error).toMatchObject({ status: 502, problem: "unknown" });
});
