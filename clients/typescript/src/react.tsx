// React: hooks for a client, queries, live updates and hidden values.

import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from "react";

import type { Client, Result, RunOptions } from "./client.js";
import type { TypedDocument } from "./documents.js";
import { hiddenReason, REASONS, type RedactionReason } from "./hidden.js";

const Gateway = createContext<Client | null>(null);

/** Makes a client available to the hooks below. */
export function CrossgateProvider({ client, children }: { client: Client; children: ReactNode }) {
  return <Gateway.Provider value={client}>{children}</Gateway.Provider>;
}

/** The client of the nearest provider. */
export function useClient(): Client {
  const client = useContext(Gateway);
  if (!client) throw new Error("There is no CrossgateProvider above this component.");
  return client;
}

export interface Hidden {
  readonly reason: RedactionReason;
  /** The reason in a sentence. */
  readonly sentence: string;
}

/** Why a field of an object is hidden; null if it isn't. `sentences` words the reasons, for instance in another language. */
export function useHidden(object: object | null | undefined, field: string, sentences: Readonly<Record<RedactionReason, string>> = REASONS): Hidden | null {
  return useMemo(() => {
    const reason = object ? hiddenReason(object, field) : null;
    return reason && { reason, sentence: sentences[reason] };
  }, [object, field, sentences]);
}

export interface QueryState<Data> {
  /** The latest data. It stays while other variables or a reload are loading. */
  readonly data: Data | undefined;
  readonly error: Error | undefined;
  readonly isLoading: boolean;
  readonly reload: () => Promise<void>;
}

/** Run a query when the component appears, and again when its variables change. */
export function useQuery<Data, Variables>(
  document: TypedDocument<Data, Variables>,
  variables?: Variables,
  options?: Omit<RunOptions, "signal">,
): QueryState<Data> {
  const client = useClient();
  const key = JSON.stringify([variables ?? null, options ?? null]);
  const [state, setState] = useState<{ data?: Data; error?: Error; isLoading: boolean }>({ isLoading: true });
  const running = useRef<AbortController | null>(null);
  const load = useCallback(async () => {
    running.current?.abort();
    const own = (running.current = new AbortController());
    setState(({ data }) => ({ ...(data === undefined ? {} : { data }), isLoading: true }));
    try {
      const { data } = await client.query(document, variables, { ...options, signal: own.signal });
      if (!own.signal.aborted) setState({ data, isLoading: false });
    } catch (error) {
      if (!own.signal.aborted) setState(({ data }) => ({ ...(data === undefined ? {} : { data }), error: error as Error, isLoading: false }));
    }
  }, [client, document, key]);
  useEffect(() => {
    void load();
    return () => running.current?.abort();
  }, [load]);
  return { data: state.data, error: state.error, isLoading: state.isLoading, reload: load };
}

export interface Page<Node> {
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor?: string | null };
  readonly totalCount?: number;
  /** `AT_LEAST` if there are more items than counted. */
  readonly totalCountPrecision?: string;
}

export interface PagesState<Node> {
  /** The items of all pages so far. */
  readonly nodes: readonly Node[];
  readonly totalCount: number | undefined;
  readonly totalCountPrecision: string | undefined;
  readonly hasMore: boolean;
  readonly isLoading: boolean;
  readonly error: Error | undefined;
  /** Load the next page. Does nothing while a page is loading. */
  readonly loadMore: () => void;
  /** Load the list again from its beginning. */
  readonly reload: () => void;
  /** Change the items, for instance because an event has a newer one. */
  readonly update: (change: (nodes: readonly Node[]) => readonly Node[]) => void;
}

interface Loaded<Node> {
  readonly nodes: readonly Node[];
  readonly last?: Page<Node> | undefined;
  readonly isLoading: boolean;
  readonly error?: Error | undefined;
}

/** Load a list page by page. The document has the variable `after`. Other variables start the list again. */
export function usePages<Data, Variables extends { after?: string | null | undefined }, Node>(
  document: TypedDocument<Data, Variables>,
  variables: Variables,
  pageOf: (data: Data) => Page<Node>,
): PagesState<Node> {
  const client = useClient();
  const key = JSON.stringify(variables);
  const [state, setState] = useState<Loaded<Node>>({ nodes: [], isLoading: true });
  const running = useRef<AbortController | null>(null);
  const load = useCallback(
    async (after: string | null) => {
      running.current?.abort();
      const own = (running.current = new AbortController());
      setState((before) => ({ ...before, error: undefined, isLoading: true }));
      try {
        const page = pageOf((await client.query(document, { ...variables, after }, { signal: own.signal })).data);
        if (own.signal.aborted) return;
        setState(({ nodes }) => ({ nodes: after === null ? page.nodes : [...nodes, ...page.nodes], last: page, isLoading: false }));
      } catch (error) {
        if (!own.signal.aborted) setState((before) => ({ ...before, error: error as Error, isLoading: false }));
      }
    },
    [client, document, key],
  );
  useEffect(() => {
    setState({ nodes: [], isLoading: true });
    void load(null);
    return () => running.current?.abort();
  }, [load]);
  const { nodes, last, isLoading, error } = state;
  const hasMore = last?.pageInfo.hasNextPage ?? false;
  return {
    nodes,
    totalCount: last?.totalCount,
    totalCountPrecision: last?.totalCountPrecision,
    hasMore,
    isLoading,
    error,
    loadMore: () => void (hasMore && !isLoading && load(last?.pageInfo.endCursor ?? null)),
    reload: () => void load(null),
    update: (change) => setState((before) => ({ ...before, nodes: change(before.nodes) })),
  };
}

/** Follow a subscription while the component is shown. */
export function useSubscription<Data, Variables>(
  document: TypedDocument<Data, Variables>,
  onEvent: (result: Result<Data>) => void,
  variables?: Variables,
): Error | undefined {
  const client = useClient();
  const [error, setError] = useState<Error>();
  const latest = useRef(onEvent);
  latest.current = onEvent;
  const key = JSON.stringify(variables ?? null);
  useEffect(() => {
    const events = client.subscribe(document, variables);
    setError(undefined);
    void (async () => {
      for await (const result of events) latest.current(result);
    })().catch((cause: unknown) => setError(cause as Error));
    return () => void events.return?.();
  }, [client, document, key]);
  return error;
}
