// Runs a query twice with automatic persisted queries of a client library. Prints the requests and the answers as JSON.
import { createHash } from "node:crypto";

const [, , library, url, text, method] = process.argv;
const byGet = method === "GET";
const sent = [];

/** Send a request, and note what it has. */
async function noted(input, init) {
  const content = init.body ? JSON.parse(init.body) : Object.fromEntries(new URL(input).searchParams);
  const response = await fetch(input, init);
  sent.push({ method: init.method ?? "GET", hasQuery: "query" in content, status: response.status });
  return response;
}

const CLIENTS = {
  async apollo() {
    const { ApolloClient, HttpLink, InMemoryCache, gql } = await import("@apollo/client");
    const { createPersistedQueryLink } = await import("@apollo/client/link/persisted-queries");
    const sha256 = (document) => createHash("sha256").update(document).digest("hex");
    const persisted = createPersistedQueryLink({ sha256, useGETForHashedQueries: byGet });
    const client = new ApolloClient({ link: persisted.concat(new HttpLink({ uri: url, fetch: noted })), cache: new InMemoryCache() });
    return async () => (await client.query({ query: gql(text), fetchPolicy: "network-only" })).data;
  },
  async urql() {
    const { Client, fetchExchange } = await import("@urql/core");
    const { persistedExchange } = await import("@urql/exchange-persisted");
    const exchanges = [persistedExchange({ preferGetForPersistedQueries: byGet }), fetchExchange];
    const client = new Client({ url, exchanges, fetch: noted, preferGetMethod: false });
    return async () => (await client.query(text, {}).toPromise()).data;
  },
};

const ask = await CLIENTS[library]();
const answers = [await ask(), await ask()];
console.log(JSON.stringify({ answers, sent }));
