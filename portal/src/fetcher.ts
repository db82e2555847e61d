// Sends GraphiQL's requests with the session's token, unless the Headers tab has an Authorization header.

import type { Fetcher, FetcherParams } from "@graphiql/toolkit";

import { endLog, startLog } from "./event-log";
import { follow, isSubscription } from "./follow";
import { noteResponse } from "./last-response";
import type { Session } from "./session";

const INTROSPECTION = "IntrospectionQuery"; // GraphiQL's own
const VIEW_AS = "x-crossgate-view-as";
const POSITION = "crossgate-position"; // of the last mutation: a replica that hasn't reached it can't answer

export function fetcherFor(endpoint: string, session: Session): Fetcher {
  const socket = new URL(endpoint, location.href.replace(/^http/, "ws")).href;
  let position: string | null = null;
  return async (params, options) => {
    const { signal } = session;
    const request = { ...params, operationName: operationIn(params) };
    const isRun = request.operationName !== INTROSPECTION;
    const body = JSON.stringify(request);
    const own = new Headers(options?.headers);
    if (isRun) endLog();
    if (isSubscription(request) && session.state().viewAs) throw new Error("Subscriptions run as yourself. Stop viewing as another first.");
    if (isSubscription(request)) return follow(socket, session, request, own, startLog());
    const send = (authorization: string | null) => {
      const headers = new Headers(own);
      if (authorization && !own.has("authorization")) headers.set("authorization", authorization);
      const { viewAs } = session.state();
      if (viewAs && !own.has(VIEW_AS)) headers.set(VIEW_AS, viewAs.id);
      if (position && !own.has(POSITION)) headers.set(POSITION, position);
      headers.set("content-type", "application/json");
      headers.set("accept", "application/graphql-response+json, application/json;q=0.9");
      signal.throwIfAborted();
      return fetch(endpoint, { method: "POST", headers, body, signal });
    };

    const started = performance.now();
    const response = await (own.has("authorization") ? send(null) : session.send(send));
    position = response.headers.get(POSITION) ?? position;
    const text = await response.text();
    if (isRun) {
      noteResponse({
        milliseconds: performance.now() - started,
        bytes: new TextEncoder().encode(text).length,
        cost: response.headers.get("x-crossgate-cost"),
        execution: response.headers.get("x-crossgate-execution"),
      });
    }
    return read(response, text);
  };
}

/** The operation to run. Just after a change of tabs, GraphiQL still names the operation of the previous tab; then there is none. */
function operationIn({ query, operationName }: FetcherParams): string | null {
  return operationName && query.includes(operationName) ? operationName : null;
}

function read(response: Response, text: string) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`The gateway answered ${response.status} ${response.statusText}: ${text}`);
  }
}
