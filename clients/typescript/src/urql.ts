// urql: exchanges that end the chain, and what Graphcache has to know about the schema.

import { type Exchange, fetchExchange, subscriptionExchange } from "@urql/core";
import type { CacheExchangeOpts } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";

import type { Client } from "./client.js";
import { CONNECTIONS, EMBEDDED_TYPES } from "./schema-facts.js";
import { forward } from "./stream.js";

/** The last exchanges: `new Client({ url: client.url, fetch: client.fetch, exchanges: [cache, ...crossgateExchanges(client)] })`. */
export function crossgateExchanges(client: Client): Exchange[] {
  const subscriptions = subscriptionExchange({
    forwardSubscription: ({ query = "", variables }) => ({
      subscribe: (sink) => {
        const operation = { query, ...(variables ? { variables: variables as Record<string, unknown> } : {}) };
        return { unsubscribe: forward(client.stream, operation, sink) };
      },
    }),
  });
  return [fetchExchange, subscriptions];
}

/** The keys of types without an ID, and the pagination of all connections, for `cacheExchange(graphcache())`. */
export function graphcache(): Required<Pick<CacheExchangeOpts, "keys" | "resolvers">> {
  const resolvers = Object.entries(CONNECTIONS).map(([type, fields]) => [
    type,
    Object.fromEntries(fields.map((field) => [field, relayPagination()])),
  ]);
  return {
    keys: Object.fromEntries(EMBEDDED_TYPES.map((type) => [type, () => null])),
    resolvers: Object.fromEntries(resolvers),
  };
}
