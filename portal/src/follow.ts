// Runs GraphiQL's subscriptions, each over a WebSocket of its own, with the session's token.

import type { FetcherParams, Observable } from "@graphiql/toolkit";
import { type ExecutionResult, getOperationAST, OperationTypeNode, parse } from "graphql";
import { CloseCode, createClient } from "graphql-ws/client";

import { header, type Session } from "./session";

export function isSubscription({ query, operationName }: FetcherParams): boolean {
  try {
    return getOperationAST(parse(query), operationName)?.operation === OperationTypeNode.SUBSCRIPTION;
  } catch {
    return false; // the gateway reports the problem
  }
}

type Note = (event: ExecutionResult) => void;

/** Return the events of a subscription, and note each. It ends when the viewer changes. An expired token is replaced. */
export function follow(url: string, session: Session, request: FetcherParams, own: Headers, note: Note): Observable<ExecutionResult> {
  const { signal } = session;
  let { token } = session;
  const client = createClient({
    url,
    connectionParams: async () => {
      token = session.token;
      const authorization = own.get("authorization") ?? (await header(token));
      return authorization ? { Authorization: authorization } : {};
    },
    on: {
      closed: (event) => {
        const isRefused = event instanceof CloseEvent && event.code === CloseCode.Forbidden;
        if (isRefused && !signal.aborted && !own.has("authorization")) session.renew(token);
      },
    },
  });
  signal.addEventListener("abort", () => void client.dispose(), { once: true });
  return {
    subscribe: (sink) => {
      if (typeof sink !== "object") throw new TypeError("Events are observed by an object.");
      const error = (cause: unknown) => sink.error(cause instanceof CloseEvent ? new Error(said(cause)) : cause);
      const next = (event: object) => {
        note(event as ExecutionResult);
        sink.next(event as ExecutionResult);
      };
      return { unsubscribe: client.subscribe(request, { next, error, complete: () => sink.complete() }) };
    },
  };
}

function said({ code, reason }: CloseEvent): string {
  return `The gateway closed the WebSocket: ${code} ${reason}`.trim();
}
