import assert from "node:assert/strict";
import { after, test } from "node:test";

import { serverSentEvents } from "@crossgate/client/sse";
import { webSocket } from "@crossgate/client/websocket";
import WebSocket from "ws";

import { clientOf, SHOWN, tokenOf } from "./session.mjs";
import { createClient } from "@crossgate/client";

const FOLLOW = "subscription { portUpdated { id name monthlyRate { amount } } }";
const PORT = "{ ports(first: 1) { nodes { id version } } }";
const RENAME = "mutation ($input: UpdatePortInput!) { updatePort(input: $input) { userErrors { code } } }";

const STREAMS = { webSocket: () => webSocket({ webSocketImpl: WebSocket }), serverSentEvents };

after(() => setTimeout(process.exit, 100).unref()); // sockets stay open

/** Rename a port until the follower has been told, since a subscription starts some time after it was asked for. */
async function renameUntil(told) {
  const client = clientOf(SHOWN);
  for (let turn = 0; !told(); turn++) {
    assert.ok(turn < 300, "no event came");
    const [{ id, version }] = (await client.query(PORT)).data.ports.nodes;
    await client.mutate(RENAME, { input: { id, version, name: `Renamed ${turn}` } });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

for (const [name, stream] of Object.entries(STREAMS)) {
  test(`${name} delivers events, until the follower leaves`, async () => {
    const events = clientOf(SHOWN, { stream: stream() }).subscribe(FOLLOW);
    let first;
    const following = (async () => {
      for await (const event of events) {
        first = event;
        break;
      }
    })();

    await renameUntil(() => first);
    await following;

    assert.match(first.data.portUpdated.name, /^Renamed/);
    assert.deepEqual(first.errors, []);
  });

  test(`${name} can be left while it waits`, async () => {
    const events = clientOf(SHOWN, { stream: stream() }).subscribe(FOLLOW);
    const waiting = events.next();
    await events.return();

    assert.equal((await waiting).done, true);
  });

  test(`${name} gets a new token if its own is refused`, async () => {
    const tokens = ["expired.token.x", await tokenOf(SHOWN)];
    let fetched = 0;
    const fetchToken = async () => tokens[Math.min(fetched++, 1)];
    const events = createClient({ url: process.env.GATEWAY, fetchToken, stream: stream() }).subscribe(FOLLOW);
    let told = false;
    void events.next().then(() => (told = true));

    await renameUntil(() => told);
    await events.return();

    assert.equal(fetched, 2);
  });
}
