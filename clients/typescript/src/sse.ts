// Subscriptions over server-sent events, with the package `graphql-sse`: one request for each, for networks that allow no WebSockets.

import { type ClientOptions, createClient } from "graphql-sse";

import type { Answer, OpenStream, Stream } from "./stream.js";

/** Open an event stream for each subscription. It reconnects by itself. */
export function serverSentEvents(options: Partial<ClientOptions> = {}): OpenStream {
  return ({ url, fetch }): Stream => {
    const client = createClient({ retryAttempts: Infinity, ...options, url, fetchFn: fetch });
    return (operation) => client.iterate(operation) as AsyncIterableIterator<Answer>;
  };
}
