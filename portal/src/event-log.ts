// The events of the subscription that ran last, for the log below the answer.

import type { ExecutionResult } from "graphql";

const LIMIT = 200; // events that the log keeps

export interface LoggedEvent {
  readonly number: number; // from 1, within the subscription
  readonly at: Date;
  readonly result: ExecutionResult;
}

export interface EventLog {
  readonly run: number; // identifies the subscription
  readonly events: readonly LoggedEvent[]; // newest first
  readonly received: number; // since the subscription started
  readonly dropped: number; // since the log was last cleared
}

let log: EventLog | null = null;
let runs = 0;
const listeners = new Set<() => void>();

export const eventLog = (): EventLog | null => log;

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Start the log of a subscription. Returns what notes an event of it, as long as the log is there. */
export function startLog(): (result: ExecutionResult) => void {
  const run = ++runs;
  become({ run, events: [], received: 0, dropped: 0 });
  return (result) => {
    if (log?.run === run) become(withEvent(log, result, new Date()));
  };
}

/** Remove the events. The subscription goes on, and so do the numbers of its events. */
export function clearLog(): void {
  if (log) become({ ...log, events: [], dropped: 0 });
}

/** Remove the log, because another operation is run or the viewer has changed. */
export function endLog(): void {
  if (log) become(null);
}

function withEvent(to: EventLog, result: ExecutionResult, at: Date): EventLog {
  const received = to.received + 1;
  const events = [{ number: received, at, result }, ...to.events];
  const dropped = to.dropped + Math.max(events.length - LIMIT, 0);
  return { ...to, events: events.slice(0, LIMIT), received, dropped };
}

/** Summarize an event: the field, and the ID of what has changed, or else its first value. */
export function summaryOf({ data, errors }: ExecutionResult): string {
  const [field, value] = Object.entries(data ?? {})[0] ?? [];
  const changed = value === undefined || value === null ? errors?.[0]?.message : said(value);
  return [field, changed].filter(Boolean).join(" ");
}

function said(value: unknown): string {
  if (typeof value !== "object") return String(value);
  const { id, ...others } = value as Record<string, unknown>;
  const first = Object.values(others).find((other) => typeof other === "string" || typeof other === "number");
  return String(id ?? first ?? "");
}

function become(next: EventLog | null): void {
  log = next;
  for (const listener of listeners) listener();
}
