// Relay: an environment on the gateway. Persisted documents of Relay's compiler are sent by their ID.

import {
  Environment,
  type FetchFunction,
  type GraphQLResponse,
  Network,
  Observable,
  RecordSource,
  type RequestParameters,
  Store,
  type Variables,
} from "relay-runtime";

import type { Client } from "./client.js";
import { forward } from "./stream.js";

/** An environment on the gateway, with an empty store. */
export function createEnvironment(client: Client): Environment {
  return new Environment({ network: createNetwork(client), store: new Store(new RecordSource()) });
}

/** The network of an environment. */
export function createNetwork(client: Client): ReturnType<typeof Network.create> {
  const fetch: FetchFunction = async (request, variables) => {
    const options = request.operationKind === "mutation" ? { idempotencyKey: crypto.randomUUID() } : {};
    return (await client.execute(operationOf(request, variables), options)) as GraphQLResponse;
  };
  return Network.create(fetch, (request, variables) =>
    Observable.create((sink) => forward(client.stream, operationOf(request, variables), sink)),
  );
}

function operationOf({ id, name, text }: RequestParameters, variables: Variables) {
  return { query: text ?? "", documentId: id ?? undefined, variables, operationName: name };
}
