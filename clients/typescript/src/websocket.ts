// Subscriptions over one WebSocket, with the package `graphql-ws`. It reconnects by itself, with a new token if the old one expired.

import { CloseCode, createClient, type ClientOptions } from "graphql-ws";

import type { Answer, OpenStream, Stream } from "./stream.js";

/** Open a WebSocket when the first subscription needs it. Events aren't repeated: load what you show again in `onReconnect`. */
export function webSocket(options: { onReconnect?: () => void; webSocketImpl?: unknown } & Partial<ClientOptions> = {}): OpenStream {
  return ({ url, tokens }): Stream => {
    const { onReconnect, ...more } = options;
    let token = Promise.resolve<string | null>(null);
    let connected = false;
    const client = createClient({
      url: url.replace(/^http/, "ws"),
      retryAttempts: Infinity,
      shouldRetry: () => true,
      ...more,
      connectionParams: async () => {
        token = tokens.current();
        const text = await token;
        return text === null ? {} : { Authorization: `Bearer ${text}` };
      },
      on: {
        connected: () => {
          if (connected) onReconnect?.();
          connected = true;
        },
        closed: (event) => {
          if ((event as { code?: number }).code === CloseCode.Forbidden) tokens.refuse(token);
        },
      },
    });
    return (operation) => client.iterate(operation) as AsyncIterableIterator<Answer>;
  };
}
