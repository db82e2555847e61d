// How GraphiQL's requests leave the page: for the viewer of the session, unless the Headers tab names its own.

import type { Fetcher, FetcherParams } from "@graphiql/toolkit";

import type { Session } from "./session";

export function fetcherFor(endpoint: string, session: Session): Fetcher {
  return async (request, options) => {
    const { signal } = session;
    const body = JSON.stringify({ ...request, operationName: operationIn(request) });
    const own = new Headers(options?.headers);
    const send = async () => {
      const headers = new Headers(own);
      const authorization = await session.authorization();
      if (authorization && !own.has("authorization")) headers.set("authorization", authorization);
      headers.set("content-type", "application/json");
      headers.set("accept", "application/graphql-response+json, application/json;q=0.9");
      signal.throwIfAborted();
      return fetch(endpoint, { method: "POST", headers, body, signal });
    };

    let response = await send();
    if (response.status === 401 && session.state().viewer && !own.has("authorization")) {
      session.renew(); // the token has expired, or the gateway has a new key
      response = await send();
    }
    return read(response);
  };
}

/** The operation to run. Just after a change of tabs GraphiQL still names that of the former tab; then none is named. */
function operationIn({ query, operationName }: FetcherParams): string | undefined {
  return operationName && query.includes(operationName) ? operationName : undefined;
}

async function read(response: Response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`The gateway answered ${response.status} ${response.statusText}: ${text}`);
  }
}
