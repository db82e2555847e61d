// Errors with a stable code. docs/api/errors.md of the gateway lists them.

/** An error of an operation or of one of its fields. */
export interface OperationError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: { readonly code?: string; readonly requestId?: string; readonly [name: string]: unknown };
}

/** Nothing was answered: the request failed, or the gateway refused it. `code` is the gateway's, or NETWORK_ERROR or BAD_RESPONSE. */
export class GatewayError extends Error {
  override readonly name = "GatewayError";
  readonly code: string;
  /** The HTTP status, if there was a response. */
  readonly status: number | undefined;
  readonly errors: readonly OperationError[];
  /** For the gateway's support: it finds the request in the log. */
  readonly requestId: string | undefined;
  /** How many seconds to wait before the next attempt, if the gateway says so. */
  readonly retryAfter: number | undefined;

  constructor(
    message: string,
    facts: { code: string; status?: number; errors?: readonly OperationError[]; requestId?: string | undefined; retryAfter?: number | undefined; cause?: unknown },
  ) {
    super(message, { cause: facts.cause });
    this.code = facts.code;
    this.status = facts.status;
    this.errors = facts.errors ?? [];
    this.requestId = facts.requestId;
    this.retryAfter = facts.retryAfter;
  }
}

/** The error of a response without data. */
export function refusalOf(response: Response, errors: readonly OperationError[]): GatewayError {
  const [first] = errors;
  const seconds = Number(response.headers.get("retry-after") ?? NaN);
  return new GatewayError(first?.message ?? `The gateway answered ${response.status} ${response.statusText}.`, {
    code: first?.extensions?.code ?? "BAD_RESPONSE",
    status: response.status,
    errors,
    requestId: response.headers.get("x-request-id") ?? undefined,
    retryAfter: Number.isNaN(seconds) ? undefined : seconds,
  });
}
