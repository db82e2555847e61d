// Apollo Client: a link, and what its cache has to know about the schema.

import { ApolloLink, type FieldPolicy, HttpLink, Observable, type TypePolicies } from "@apollo/client";
import { createPersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { type DocumentNode, OperationTypeNode, print } from "graphql";

import type { Client } from "./client.js";
import { hashOf } from "./documents.js";
import { CONNECTIONS, EMBEDDED_TYPES, POSSIBLE_TYPES } from "./schema-facts.js";
import { forward } from "./stream.js";

/** The link to the gateway. With `persisted`, documents are sent by their hash. Subscriptions use the client's transport. */
export function crossgateLink(client: Client, { persisted = false } = {}): ApolloLink {
  const http = new HttpLink({ uri: client.url, fetch: client.fetch });
  const queries = persisted ? createPersistedQueryLink({ sha256: hashOf }).concat(http) : http;
  return ApolloLink.split(({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION, streamLink(client), queries);
}

function streamLink(client: Client): ApolloLink {
  return new ApolloLink(({ query, variables, operationName }) => {
    const operation = { query: print(query as DocumentNode), variables, ...(operationName ? { operationName } : {}) };
    return new Observable<ApolloLink.Result>((observer) => forward(client.stream, operation, observer));
  });
}

const PAGING = ["first", "last", "after", "before"];

/** How the cache joins the pages of a connection, for queries that select `nodes`, `edges` or both. */
export function connectionPagination(): FieldPolicy {
  return {
    keyArgs: (args) => Object.keys(args ?? {}).filter((name) => !PAGING.includes(name)).sort(),
    merge: (existing, incoming, { args }) => {
      if (!existing || !(args?.after || args?.before)) return incoming;
      const joined = { ...existing, ...incoming };
      const [first, second] = args.after ? [existing, incoming] : [incoming, existing];
      for (const name of ["nodes", "edges"]) {
        if (first[name] && second[name]) joined[name] = [...first[name], ...second[name]];
      }
      if (first.pageInfo && second.pageInfo) joined.pageInfo = pageInfo(first.pageInfo, second.pageInfo, existing.pageInfo);
      return joined;
    },
  };
}

/** The start of the first page and the end of the second. */
function pageInfo(first: Record<string, unknown>, second: Record<string, unknown>, any: Record<string, unknown>) {
  const { startCursor, hasPreviousPage } = first;
  const { endCursor, hasNextPage } = second;
  return { ...any, startCursor, hasPreviousPage, endCursor, hasNextPage };
}

/** Type policies for `new InMemoryCache(crossgateCache())`. Pass your own to `typePolicies`; they take precedence. */
export function crossgateCache(typePolicies: TypePolicies = {}): {
  possibleTypes: Record<string, string[]>;
  typePolicies: TypePolicies;
} {
  const policies: TypePolicies = {};
  for (const type of EMBEDDED_TYPES) policies[type] = { keyFields: false, merge: true };
  for (const [type, fields] of Object.entries(CONNECTIONS)) {
    policies[type] = { ...policies[type], fields: Object.fromEntries(fields.map((field) => [field, connectionPagination()])) };
  }
  for (const [type, policy] of Object.entries(typePolicies)) {
    policies[type] = { ...policies[type], ...policy, fields: { ...policies[type]?.fields, ...policy.fields } };
  }
  return { possibleTypes: Object.fromEntries(Object.entries(POSSIBLE_TYPES).map(([name, types]) => [name, [...types]])), typePolicies: policies };
}
