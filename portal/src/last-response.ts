// What the last response cost, for the line below it.

export interface ResponseFacts {
  readonly milliseconds: number;
  readonly bytes: number;
  readonly cost: string | null; // as the gateway counts it
  readonly execution: string | null; // what ran it: a plan, or graphql-core and why
}

let last: ResponseFacts | null = null;
const listeners = new Set<() => void>();

export const lastResponse = (): ResponseFacts | null => last;

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function noteResponse(facts: ResponseFacts): void {
  last = facts;
  for (const listener of listeners) listener();
}
