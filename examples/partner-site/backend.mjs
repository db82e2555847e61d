// The same back end as backend.py, for Node: `node backend.mjs`. PORT is 5180 if it isn't set.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

const { GATEWAY, ORIGIN, API_KEY, CUSTOMER, PORT = 5180 } = process.env;
const FILES = { "/": ["index.html", "text/html"], "/site.css": ["site.css", "text/css"], "/site.js": ["site.js", "text/javascript"] };
const CREATE = `mutation ($input: CreateEmbedSessionInput!) {
  createEmbedSession(input: $input) { token userErrors { code message } } }`;

async function token() {
  const response = await fetch(`${GATEWAY}/graphql`, {
    method: "POST",
    headers: { authorization: `Bearer ${API_KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ query: CREATE, variables: { input: { companyId: CUSTOMER, origin: ORIGIN, seconds: 900 } } }),
  });
  return (await response.json()).data?.createEmbedSession?.token;
}

createServer(async ({ method, url }, response) => {
  const answer = (status, text, type = "text/plain") => response.writeHead(status, { "content-type": type }).end(text);
  try {
    if (method === "POST" && url === "/token") {
      const session = await token();
      return session ? answer(200, session) : answer(502, "No session.");
    }
    if (url === "/config") return answer(200, JSON.stringify({ gateway: GATEWAY }), "application/json");
    const [name, type] = FILES[url] ?? [];
    return name ? answer(200, await readFile(new URL(`site/${name}`, import.meta.url)), type) : answer(404, "Not found.");
  } catch {
    return answer(502, "The gateway can't be reached.");
  }
}).listen(PORT, "127.0.0.1");
