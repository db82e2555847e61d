// Summarizes what policy hid in an answer, from `extensions.redactions`.

import { REASONS } from "../../clients/typescript/src/schema-facts";

export interface Redaction {
  readonly path: readonly (string | number)[]; // "*" stands for every item of a list
  readonly reason: string;
}

export interface Hidden {
  readonly count: number;
  readonly reasons: readonly { readonly reason: string; readonly fields: readonly string[] }[];
}

/** Summarize the redactions in the text of an answer. An answer that isn't JSON hides nothing. */
export function hiddenIn(answer: string | null): Hidden {
  const { data, redactions } = redactionsIn(answer);
  const fields = new Map<string, Set<string>>();
  let count = 0;
  for (const { path, reason } of redactions) {
    count += occurrences(data, path);
    const field = path.findLast((step) => typeof step === "string" && step !== "*") ?? "?";
    fields.set(reason, (fields.get(reason) ?? new Set()).add(String(field)));
  }
  return { count, reasons: [...fields].map(([reason, names]) => ({ reason, fields: [...names] })) };
}

function occurrences(value: unknown, path: Redaction["path"]): number {
  const [step, ...rest] = path;
  if (step === undefined) return 1;
  if (step !== "*") return occurrences((value as Record<string | number, unknown> | null | undefined)?.[step], rest);
  return Array.isArray(value) ? value.reduce<number>((sum, item) => sum + occurrences(item, rest), 0) : 0;
}

/** Return the data of an answer, and what is hidden in it. */
export function redactionsIn(answer: string | null): { data: unknown; redactions: readonly Redaction[] } {
  try {
    const { data, extensions } = JSON.parse(answer ?? "{}");
    return { data, redactions: extensions?.redactions ?? [] };
  } catch {
    return { data: null, redactions: [] };
  }
}

/** Return a reason in a sentence. */
export function sentenceOf(reason: string): string {
  return (REASONS as Readonly<Record<string, string>>)[reason] ?? "Policy hides it.";
}
