import assert from "node:assert/strict";
import { test } from "node:test";

import { createClient, GatewayError, hiddenReason, messagesByField, REASONS } from "@crossgate/client";

import { clientOf, HIDDEN, noting, SHOWN, tokenOf, URL_OF_GATEWAY } from "./session.mjs";

const WHO = "query Who { viewer { user { email } } }";
const PORTS = "query Ports { ports(first: 2) { nodes { id name price: monthlyRate { amount } } } }";
const HIDES = "query Hides { ports(first: 1) { nodes { id viewerHides { field reason } } } }";
const RENAME = `mutation Rename($input: UpdatePortInput!) {
  updatePort(input: $input) { port { id name version } userErrors { code message field } }
}`;

test("a visitor needs no token", async () => {
  const { data, errors } = await createClient({ url: URL_OF_GATEWAY }).query(WHO);

  assert.deepEqual([data, errors], [{ viewer: { user: null } }, []]);
});

test("all requests share one token, and one renewal", async () => {
  const tokens = ["expired.token.x", await tokenOf(SHOWN)];
  let fetched = 0;
  const client = createClient({ url: URL_OF_GATEWAY, fetchToken: async () => tokens[Math.min(fetched++, 1)] });

  const answers = await Promise.all(Array.from({ length: 5 }, () => client.query(WHO)));

  assert.deepEqual(new Set(answers.map(({ data }) => data.viewer.user.email)), new Set([SHOWN]));
  assert.equal(fetched, 2);
});

test("requests after a mutation name its position, so that a replica that lacks it doesn't answer", async () => {
  const named = [];
  const given = ["a", null, "b", "c", "d", "e", null];
  const client = clientOf(null, {
    fetch: async (input, init) => {
      named.push(new Headers(init.headers).get("crossgate-position"));
      const response = await fetch(input, init);
      const position = given.shift();
      return new Response(response.body, { headers: { ...(position && { "crossgate-position": position }) } });
    },
  });

  for (let requests = given.length; requests > 0; requests--) await client.query(WHO);

  assert.deepEqual(named, [null, "a", "a", "b,a", "c,b,a", "d,c,b,a", "e,d,c,b"]);
});

test("a refused new token is an error, not a loop", async () => {
  let fetched = 0;
  const client = createClient({ url: URL_OF_GATEWAY, fetchToken: async () => `never.valid.${fetched++}` });

  await assert.rejects(client.query(WHO), (error) => error instanceof GatewayError && error.code === "UNAUTHENTICATED" && error.status === 401);
  assert.equal(fetched, 2);
});

test("a token that couldn't be fetched is fetched again by the next request", async () => {
  let fetched = 0;
  const client = createClient({
    url: URL_OF_GATEWAY,
    fetchToken: async () => {
      if (fetched++ === 0) throw new Error("offline");
      return tokenOf(SHOWN);
    },
  });

  await assert.rejects(client.query(WHO), /offline/);
  assert.equal((await client.query(WHO)).data.viewer.user.email, SHOWN);
});

test("a document is sent by its hash, and its text only once", async () => {
  const sent = [];
  const client = clientOf(null, { documents: "hash", fetch: noting(sent) });
  const text = `query Hashed${Date.now()} { viewer { user { email } } }`;

  await client.query(text);
  await client.query(text);

  assert.deepEqual(sent.map(({ query, status }) => [query === text, status]), [[false, 400], [true, 200], [false, 200]]);
});

test("a generated document is sent by its ID in the manifest", async () => {
  const sent = [];
  const client = clientOf(null, { documents: "id", fetch: noting(sent) });
  const generated = Object.assign(new String("query Generated { __typename }"), { __meta__: { hash: process.env.TRUSTED } });

  const { data } = await client.query(generated);

  assert.deepEqual(data, { __typename: "Query" });
  assert.deepEqual(sent, [{ documentId: process.env.TRUSTED, status: 200 }]);
});

test("a hidden value has its reason, by the response and by viewerHides", async () => {
  const hidden = (await clientOf(HIDDEN).query(PORTS)).data.ports.nodes;
  const shown = (await clientOf(SHOWN).query(PORTS)).data.ports.nodes;
  const [cached] = structuredClone((await clientOf(HIDDEN).query(HIDES)).data.ports.nodes);

  assert.deepEqual(hidden.map((port) => hiddenReason(port, "price")), ["HIDDEN_BY_PARTNER", "HIDDEN_BY_PARTNER"]);
  assert.deepEqual(shown.map((port) => [hiddenReason(port, "price"), typeof port.price.amount]), [[null, "string"], [null, "string"]]);
  assert.deepEqual([hiddenReason(cached, "monthlyRate"), hiddenReason(cached, "name")], ["HIDDEN_BY_PARTNER", null]);
  assert.match(REASONS.HIDDEN_BY_PARTNER, /partner/);
});

test("user errors are found by their field", async () => {
  const client = clientOf(SHOWN);
  const { data } = await client.mutate(RENAME, { input: { id: "nonsense", version: 1, name: "" } });

  const messages = messagesByField(data.updatePort.userErrors);
  assert.ok(messages.id?.length, JSON.stringify(data));
});

test("a mutation whose answer got lost runs once", async () => {
  const client = clientOf(SHOWN);
  const { id, version, name } = (await client.query("{ ports(first: 1) { nodes { id version name } } }")).data.ports.nodes[0];
  let lost = 0;
  const unreliable = clientOf(SHOWN, {
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      if (lost++ === 0) throw new TypeError("connection reset");
      return response;
    },
  });

  const { data } = await unreliable.mutate(RENAME, { input: { id, version, name: `${name}!` } });

  assert.deepEqual(data.updatePort.userErrors, []);
  assert.deepEqual(data.updatePort.port, { id, name: `${name}!`, version: version + 1 });
  assert.equal(lost, 2);
});

test("errors have a code", async () => {
  const refused = await clientOf(null).query("{ unknown }").catch((error) => error);
  const unreachable = await createClient({ url: "http://127.0.0.1:9/graphql" }).query(WHO).catch((error) => error);
  const proxy = { fetch: async () => new Response("<h1>Bad gateway</h1>", { status: 502, headers: { "retry-after": "7" } }) };
  const foreign = await createClient({ url: URL_OF_GATEWAY, ...proxy }).query(WHO).catch((error) => error);

  assert.deepEqual([refused.code, unreachable.code, foreign.code], ["GRAPHQL_VALIDATION_FAILED", "NETWORK_ERROR", "BAD_RESPONSE"]);
  assert.deepEqual([refused.status, foreign.status, foreign.retryAfter], [400, 502, 7]);
  assert.ok(refused.requestId);
});

test("an error of a field keeps the rest of the data", async () => {
  const { data, errors } = await clientOf(SHOWN).query('{ viewer { user { email } } node(id: "nonsense") { id } }');

  assert.deepEqual([data.viewer.user.email, data.node], [SHOWN, null]);
  assert.equal(errors[0].extensions.code, "INVALID_ID");
});

test("a query that isn't needed any more is aborted", async () => {
  const own = new AbortController();
  const running = clientOf(SHOWN).query(PORTS, {}, { signal: own.signal });
  own.abort();

  await assert.rejects(running, { name: "AbortError" });
});
