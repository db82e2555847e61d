// The client: sends operations with the user's token, and reads their responses.

import { hashOf, type Print, textOf, trustedId, type TypedDocument } from "./documents.js";
import { GatewayError, type OperationError, refusalOf } from "./errors.js";
import { type Redaction, remember } from "./hidden.js";
import type { Answer, OpenStream, Operation, Stream } from "./stream.js";
import { type FetchToken, Tokens } from "./tokens.js";

export interface ClientOptions {
  /** The gateway's endpoint, such as `https://gateway.example/graphql`. */
  readonly url: string;
  /** Returns a new access token, or null for a visitor. It's called once for all requests, and again after the gateway refused one. */
  readonly fetchToken?: FetchToken;
  /**
   * How documents are sent: as a `text`; by their `hash`, and with their text only if the gateway doesn't know it yet; or by their `id`
   * in the gateway's manifest of trusted documents. A document without an ID is sent by its hash.
   */
  readonly documents?: "text" | "hash" | "id";
  /** The transport of subscriptions: `webSocket()` or `serverSentEvents()`. */
  readonly stream?: OpenStream;
  /** `print` of the package `graphql`, if documents are syntax trees. */
  readonly print?: Print;
  readonly fetch?: typeof fetch;
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** The global ID of a company or a user. The query then runs as it, read-only. */
  readonly viewAs?: string;
  /** Names one attempt of a mutation. Repeating it with the same key doesn't run it again. Each mutation has a random one by default. */
  readonly idempotencyKey?: string;
}

export interface Result<Data> {
  readonly data: Data;
  /** Errors of fields, whose values are null. Hidden values aren't errors: `hiddenReason` knows them. */
  readonly errors: readonly OperationError[];
  readonly redactions: readonly Redaction[];
}

export interface Client {
  readonly url: string;
  readonly tokens: Tokens;
  /** `fetch` with the user's token, which is renewed once for all requests that find it refused. For other clients, and for files. */
  readonly fetch: typeof fetch;
  /** Run a query. Throws GatewayError if nothing was answered. */
  query<Data = any, Variables = Record<string, unknown>>(
    document: TypedDocument<Data, Variables>,
    variables?: Variables,
    options?: RunOptions,
  ): Promise<Result<Data>>;
  /** Run a mutation. If the network fails, it's repeated once; the gateway runs it only once. Throws GatewayError. */
  mutate<Data = any, Variables = Record<string, unknown>>(
    document: TypedDocument<Data, Variables>,
    variables?: Variables,
    options?: RunOptions,
  ): Promise<Result<Data>>;
  /** Run a subscription: `for await (const { data } of client.subscribe(…))`. Leaving the loop ends it. */
  subscribe<Data = any, Variables = Record<string, unknown>>(
    document: TypedDocument<Data, Variables>,
    variables?: Variables,
  ): AsyncIterableIterator<Result<Data>>;
  /** Send an operation and return the response as the gateway sent it. For adapters. */
  execute(operation: Operation, options?: RunOptions): Promise<Answer>;
  /** The transport of subscriptions, opened when it's first used. For adapters. */
  readonly stream: Stream;
}

type Document = string | object;

const MAX_POSITIONS = 4; // mutations whose responses may overtake each other

export function createClient(options: ClientOptions): Client {
  const { url, documents = "text", print, fetch: send = (input, init) => fetch(input, init) } = options;
  const tokens = new Tokens(options.fetchToken ?? (async () => null));
  let opened: Stream | undefined;
  let positions: readonly string[] = []; // of the last mutations: a replica that hasn't reached them can't answer

  const attempt = async (input: RequestInfo | URL, init: RequestInit | undefined, token: Promise<string | null>) => {
    const response = await send(input, await signed(init, token, positions));
    const position = response.headers.get("crossgate-position");
    if (position) positions = [position, ...positions].slice(0, MAX_POSITIONS);
    return response;
  };

  const authorized: typeof fetch = async (input, init) => {
    const token = tokens.current();
    const response = await attempt(input, init, token);
    if (response.status !== 401 || (await token) === null) return response;
    tokens.refuse(token);
    return attempt(input, init, tokens.current());
  };

  const stream: Stream = ({ query, documentId, ...rest }) => {
    if (!options.stream) throw new TypeError("Subscriptions need a transport: pass `stream: webSocket()` to createClient.");
    opened ??= options.stream({ url, tokens, fetch: authorized });
    return opened(documentId && (documents === "id" || !query) ? { query: "", documentId, ...rest } : { query, ...rest });
  };

  const post = async (body: object, { signal, viewAs, idempotencyKey }: RunOptions): Promise<Answer> => {
    const headers = new Headers({ "content-type": "application/json", accept: "application/graphql-response+json, application/json" });
    if (viewAs) headers.set("x-crossgate-view-as", viewAs);
    if (idempotencyKey) headers.set("idempotency-key", idempotencyKey);
    const init = { method: "POST", headers, body: JSON.stringify(body), ...(signal && { signal }) };
    const response = await authorized(url, init).catch((cause: unknown) => {
      if (signal?.aborted || !(cause instanceof TypeError)) throw cause;
      throw new GatewayError("The gateway can't be reached.", { code: "NETWORK_ERROR", cause });
    });
    return read(response);
  };

  const execute: Client["execute"] = async ({ query, documentId, ...rest }, run = {}) => {
    if (documentId && (documents === "id" || !query)) return post({ documentId, ...rest }, run); // Relay's may have no text
    if (documents === "text") return post({ query, ...rest }, run);
    const extensions = { ...rest.extensions, persistedQuery: { version: 1, sha256Hash: await hashOf(query) } };
    try {
      return await post({ ...rest, extensions }, run);
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code !== "PERSISTED_QUERY_NOT_FOUND") throw error;
      return post({ query, ...rest, extensions }, run);
    }
  };

  const run = async (document: Document, variables: unknown, more: RunOptions = {}) =>
    resultOf(await execute(operationOf(document, variables, print), more));

  return {
    url,
    tokens,
    fetch: authorized,
    stream,
    execute,
    query: run,
    mutate: async (document: Document, variables: unknown, more: RunOptions = {}) => {
      const once = { idempotencyKey: crypto.randomUUID(), ...more };
      try {
        return await run(document, variables, once);
      } catch (error) {
        if (!(error instanceof GatewayError) || error.code !== "NETWORK_ERROR") throw error;
        return run(document, variables, once);
      }
    },
    subscribe: (document: Document, variables: unknown) => results(stream(operationOf(document, variables, print))),
  };
}

async function signed(
  init: RequestInit | undefined,
  token: Promise<string | null>,
  positions: readonly string[],
): Promise<RequestInit> {
  const headers = new Headers(init?.headers);
  const text = await token;
  if (text !== null) headers.set("authorization", `Bearer ${text}`);
  if (positions.length) headers.set("crossgate-position", positions.join());
  return { ...init, headers };
}

function operationOf(document: Document, variables: unknown, print: Print | undefined): Operation {
  const values = variables ? { variables: variables as Record<string, unknown> } : {};
  return { query: textOf(document, print), documentId: trustedId(document), ...values };
}

/** The response of an operation that ran. Throws GatewayError for any other response. */
async function read(response: Response): Promise<Answer> {
  const answer = (await response.json().catch(() => ({}))) as Answer;
  if (answer.data === undefined) throw refusalOf(response, answer.errors ?? []);
  return answer;
}

/** The results of a subscription. Unlike a generator, it can be left while it waits for an event. */
function results(events: AsyncIterableIterator<Answer>): AsyncIterableIterator<Result<any>> {
  return {
    async next() {
      const { done, value } = await events.next();
      return done ? { done, value: undefined } : { done: false, value: resultOf(value) };
    },
    async return() {
      await events.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function resultOf({ data, errors = [], extensions }: Answer): Result<any> {
  if (data === undefined) {
    const [first] = errors;
    throw new GatewayError(first?.message ?? "The gateway sent no data.", { code: first?.extensions?.code ?? "BAD_RESPONSE", errors });
  }
  const redactions: readonly Redaction[] = extensions?.redactions ?? [];
  remember(data, redactions);
  return { data, errors, redactions };
}
