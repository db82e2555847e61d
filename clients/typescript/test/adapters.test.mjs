import assert from "node:assert/strict";
import { after, test } from "node:test";

import { ApolloClient, gql, InMemoryCache } from "@apollo/client";
import { Client as Urql } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";

import { crossgateCache, crossgateLink } from "@crossgate/client/apollo";
import { createEnvironment } from "@crossgate/client/relay";
import { crossgateExchanges, graphcache } from "@crossgate/client/urql";
import { webSocket } from "@crossgate/client/websocket";
import WebSocket from "ws";
import { CrossgateProvider, useClient, useHidden } from "@crossgate/client/react";
import { hiddenReason } from "@crossgate/client";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import relay from "relay-runtime";

import { clientOf, HIDDEN, noting, SHOWN } from "./session.mjs";

const PAGE = "pageInfo { hasNextPage endCursor startCursor hasPreviousPage }";
const BY_NODES = `query ByNodes($after: String) { ports(first: 3, after: $after) {
  totalCount nodes { id name monthlyRate { amount currency } viewerHides { field reason } } ${PAGE} } }`;
const BY_EDGES = `query ByEdges($after: String) { ports(first: 3, after: $after, filter: {status: ACTIVE}) { edges { cursor node { id name } } ${PAGE} } }`;
const RENAME = "mutation ($input: UpdatePortInput!) { updatePort(input: $input) { port { id name version } userErrors { code } } }";
const FOLLOW = "subscription { portUpdated { id name } }";

const warnings = [];
for (const level of ["warn", "error"]) console[level] = (...words) => warnings.push(words.join(" "));
after(() => {
  assert.deepEqual(warnings, []);
  setTimeout(process.exit, 100).unref(); // sockets stay open
});

/** Rename a port until a condition holds. */
async function renameUntil(told) {
  const client = clientOf(SHOWN);
  for (let turn = 0; !told(); turn++) {
    assert.ok(turn < 300, "no event came");
    const [{ id, version }] = (await client.query("{ ports(first: 1) { nodes { id version } } }")).data.ports.nodes;
    await client.mutate(RENAME, { input: { id, version, name: `Adapted ${turn}` } });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function apolloOf(email, options = {}) {
  const gateway = clientOf(email, { stream: webSocket({ webSocketImpl: WebSocket }), ...options });
  return new ApolloClient({ link: crossgateLink(gateway, { persisted: true }), cache: new InMemoryCache(crossgateCache()) });
}

for (const [form, text, rows] of [
  ["nodes", BY_NODES, (ports) => ports.nodes],
  ["edges", BY_EDGES, (ports) => ports.edges.map(({ node }) => node)],
]) {
  test(`Apollo Client joins pages of ${form}`, async () => {
    const query = apolloOf(SHOWN).watchQuery({ query: gql(text) });
    let joined;
    const shown = new Promise((resolve) => (joined = resolve));
    const watching = query.subscribe(({ data }) => data && rows(data.ports).length > 3 && joined(data.ports));
    const first = (await query.refetch()).data.ports;
    await query.fetchMore({ variables: { after: first.pageInfo.endCursor } });
    const ports = await shown;
    watching.unsubscribe();

    assert.equal(new Set(rows(ports).map(({ id }) => id)).size, 6);
    assert.equal(ports.pageInfo.startCursor, first.pageInfo.startCursor);
    assert.notEqual(ports.pageInfo.endCursor, first.pageInfo.endCursor);
  });
}

test("Apollo Client keeps why a value is hidden in its cache", async () => {
  const apollo = apolloOf(HIDDEN);
  await apollo.query({ query: gql(BY_NODES) });
  const { data } = await apollo.query({ query: gql(BY_NODES), fetchPolicy: "cache-only" });

  assert.deepEqual(data.ports.nodes.map((port) => [port.monthlyRate, hiddenReason(port, "monthlyRate")]), Array(3).fill([null, "HIDDEN_BY_PARTNER"]));
});

test("Apollo Client sends documents by their hash, and updates what a mutation changed", async () => {
  const sent = [];
  const apollo = apolloOf(SHOWN, { fetch: noting(sent) });
  const query = gql("query One { ports(first: 1) { nodes { id name version } } }");
  const [port] = (await apollo.query({ query })).data.ports.nodes;
  const { id, version } = port;
  await apollo.mutate({ mutation: gql(RENAME), variables: { input: { id, version, name: "By Apollo" } } });
  const { data } = await apollo.query({ query, fetchPolicy: "cache-only" });

  assert.equal(data.ports.nodes[0].name, "By Apollo");
  assert.ok(sent[0].extensions.persistedQuery.sha256Hash);
});

test("Apollo Client follows subscriptions", async () => {
  let told;
  const following = apolloOf(SHOWN).subscribe({ query: gql(FOLLOW) }).subscribe(({ data }) => (told = data));
  await renameUntil(() => told);
  following.unsubscribe();

  assert.match(told.portUpdated.name, /^Adapted/);
});

function urqlOf(email) {
  const gateway = clientOf(email, { stream: webSocket({ webSocketImpl: WebSocket }) });
  const exchanges = [cacheExchange(graphcache()), ...crossgateExchanges(gateway)];
  return new Urql({ url: gateway.url, fetch: gateway.fetch, exchanges, preferGetMethod: false });
}

for (const [form, text, rows] of [
  ["nodes", BY_NODES, (ports) => ports.nodes],
  ["edges", BY_EDGES, (ports) => ports.edges.map(({ node }) => node)],
]) {
  test(`urql's Graphcache joins pages of ${form}`, async () => {
    const urql = urqlOf(SHOWN);
    const first = (await urql.query(text, {}).toPromise()).data.ports;
    const joined = (await urql.query(text, { after: first.pageInfo.endCursor }).toPromise()).data.ports;

    assert.equal(new Set(rows(joined).map(({ id }) => id)).size, 6);
  });
}

test("urql's Graphcache keeps why a value is hidden, and urql follows subscriptions", async () => {
  const urql = urqlOf(HIDDEN);
  await urql.query(BY_NODES, {}).toPromise();
  const { data } = await urql.query(BY_NODES, {}, { requestPolicy: "cache-only" }).toPromise();
  let told;
  const following = urqlOf(SHOWN).subscription(FOLLOW, {}).subscribe((result) => (told = result.data));
  await renameUntil(() => told);
  following.unsubscribe();

  assert.deepEqual(data.ports.nodes.map((port) => hiddenReason(port, "monthlyRate")), Array(3).fill("HIDDEN_BY_PARTNER"));
  assert.match(told.portUpdated.name, /^Adapted/);
});

const artifact = (name) => import(`${process.env.RELAY}/${name}.graphql.js`).then((module) => module.default);

test("Relay fetches, pages and follows with compiled documents", async () => {
  const environment = createEnvironment(clientOf(SHOWN, { stream: webSocket({ webSocketImpl: WebSocket }) }));
  const { ports } = await relay.fetchQuery(environment, await artifact("RelayPortsQuery"), { first: 2 }).toPromise();
  const [{ id }] = ports.nodes;
  const subscription = await artifact("RelayPortUpdatedSubscription");
  let told;
  const following = relay.requestSubscription(environment, { subscription, variables: {}, onNext: (data) => (told = data) });
  await renameUntil(() => told);
  following.dispose();
  const stored = environment.getStore().getSource().get(told.portUpdated.id);

  assert.equal(ports.nodes.length, 2);
  assert.equal(told.portUpdated.id, id);
  assert.match(stored.name, /^Adapted/);
});

test("React components say why a value is hidden", async () => {
  const client = clientOf(HIDDEN);
  const [port] = (await client.query(BY_NODES)).data.ports.nodes;
  const Price = () => {
    assert.equal(useClient(), client);
    const hidden = useHidden(port, "monthlyRate");
    return createElement("p", null, hidden ? hidden.sentence : "shown");
  };

  const html = renderToStaticMarkup(createElement(CrossgateProvider, { client }, createElement(Price)));

  assert.match(html, /<p>.*partner.*<\/p>/);
});
