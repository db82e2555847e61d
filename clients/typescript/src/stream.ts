// What a transport for subscriptions is: `websocket` and `sse` each open one.

import type { OperationError } from "./errors.js";
import type { Tokens } from "./tokens.js";

export interface Operation {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
  readonly operationName?: string;
  readonly extensions?: Record<string, unknown>;
  /** The ID of a trusted document, for clients that send IDs. */
  readonly documentId?: string | undefined;
}

export interface Answer {
  readonly data?: any;
  readonly errors?: readonly OperationError[];
  readonly extensions?: Record<string, any>;
}

/** Runs a subscription. Leaving the loop over its events ends it. */
export type Stream = (operation: Operation) => AsyncIterableIterator<Answer>;

/** Opens a transport for the client that it's passed to. */
export type OpenStream = (client: { readonly url: string; readonly tokens: Tokens; readonly fetch: typeof fetch }) => Stream;

interface Sink {
  next(event: any): void;
  error(cause: any): void;
  complete(): void;
}

/** Pass the events of a subscription to a sink. Returns the function that ends it. For adapters. */
export function forward(stream: Stream, operation: Operation, sink: Sink): () => void {
  let events: AsyncIterableIterator<Answer> | undefined;
  const follow = async () => {
    events = stream(operation);
    for await (const event of events) sink.next(event);
    sink.complete();
  };
  follow().catch((cause: unknown) => sink.error(cause));
  return () => void events?.return?.();
}
