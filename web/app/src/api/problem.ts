/** Errors of the control plane as values: RFC 9457 problem documents, known by the last part of their `type`. */

/** A request that the control plane refused. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  /** The last part of `type`: "slot-taken" of "/problems/slot-taken". Pages translate and compare it. */
  readonly problem: string;
  /** The members of the document beyond RFC 9457's own: `alternatives`, `opens_at`, … */
  readonly extra: Readonly<Record<string, unknown>>;
  /** What `Retry-After` asked for, if anything. */
  readonly retryAfterSecs: number | null;

  constructor(status: number, document: Record<string, unknown>, retryAfterSecs: number | null = null) {
    const type = typeof document.type === "string" ? document.type : "";
    const problem = type.split("/").at(-1) ?? "";
    super(`${String(status)} ${problem}`);
    this.status = status;
    this.problem = problem === "" ? "unknown" : problem;
    this.extra = document;
    this.retryAfterSecs = retryAfterSecs;
  }
}

/** The control plane could not be reached at all. */
export class NetworkError extends Error {
  override readonly name = "NetworkError";
}

/** Whether `error` is this refusal. */
export function isProblem(error: unknown, problem: string): error is ApiError {
  return error instanceof ApiError && error.problem === problem;
}

/** Whether asking again may help: the network, or a server that is unwell. A refusal stays one. */
export function isWorthRetrying(error: unknown): boolean {
  return error instanceof NetworkError || (error instanceof ApiError && error.status >= 500);
}

/** Whether the control plane said no. Being asked to wait is no refusal. */
export function isRefusal(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status < 500 && error.status !== 429;
}
