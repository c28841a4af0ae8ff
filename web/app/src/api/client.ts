/** The one place that talks HTTP: the session's cookie, the CSRF header, and errors as values. */

import { ApiError, NetworkError } from "./problem";

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface RequestOptions {
  body?: unknown;
  /** Makes a command safe to send twice: the same key and body give the same answer. */
  idempotencyKey?: string;
  /** Asked by the page, not by a person: it does not keep the sign-in alive. */
  isBackground?: boolean;
}

/** How far the server's clock is ahead of this one. A sign-in ends by the server's. */
let serverAheadMs = 0;

/** The time on the server's clock, as far as its answers told. */
export function serverNow(): number {
  return Date.now() + serverAheadMs;
}

/** The session's token against request forgery. Only in memory: it goes with the page. */
let csrfToken: string | null = null;

export function setCsrfToken(token: string | null): void {
  csrfToken = token;
}

/**
 * Sends a request and reads the answer's JSON (`undefined` for 204).
 * @throws {@link ApiError} when refused, {@link NetworkError} when not reached.
 */
export async function request<Answer>(
  method: Method,
  path: string,
  { body, idempotencyKey, isBackground = false }: RequestOptions = {},
): Promise<Answer> {
  const headers = new Headers({ accept: "application/json, application/problem+json" });
  if (body !== undefined) headers.set("content-type", "application/json");
  if (method !== "GET" && csrfToken !== null) headers.set("x-csrf-token", csrfToken);
  if (idempotencyKey !== undefined) headers.set("idempotency-key", idempotencyKey);
  if (isBackground) headers.set("x-background", "1");
  const response = await send(path, {
    method,
    headers,
    credentials: "same-origin",
    cache: "no-store",
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const date = Date.parse(response.headers.get("date") ?? "");
  if (!Number.isNaN(date)) serverAheadMs = date - Date.now();
  if (!response.ok) throw await refusal(response);
  if (response.status === 204) return undefined as Answer;
  return (await response.json()) as Answer;
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init);
  } catch (error) {
    throw new NetworkError("the server was not reached", { cause: error });
  }
}

async function refusal(response: Response): Promise<ApiError> {
  const retryAfter = Number.parseInt(response.headers.get("retry-after") ?? "", 10);
  const document: unknown = await response.json().catch(() => null);
  return new ApiError(
    response.status,
    typeof document === "object" && document !== null ? (document as Record<string, unknown>) : {},
    Number.isNaN(retryAfter) ? null : retryAfter,
  );
}
