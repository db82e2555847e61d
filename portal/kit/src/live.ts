// The socket of subscriptions, in a module of its own: a page without live elements doesn't load it.

import type { OpenStream, Stream } from "@crossgate/client";

/** Opens the WebSocket when the first subscription needs it. `onReconnect` runs when events may have been missed. */
export function liveStream(onReconnect: () => void): OpenStream {
  return (access): Stream => {
    const opened = import("./socket.js").then(({ webSocket }) => webSocket({ onReconnect })(access));
    return (operation) => {
      const events = opened.then((open) => open(operation));
      return {
        next: async () => (await events).next(),
        return: async () => (await (await events).return?.()) ?? { done: true, value: undefined },
        [Symbol.asyncIterator]() {
          return this;
        },
      };
    };
  };
}
