// What policy hid in an answer: `extensions.redactions`, summed up for people.

export interface Redaction {
  readonly path: readonly (string | number)[]; // "*" stands for every item of a list
  readonly reason: string;
}

export interface Hidden {
  readonly count: number;
  readonly reasons: readonly { readonly reason: string; readonly fields: readonly string[] }[];
}

/** Sums up the redactions in the text of an answer. An answer that is not JSON hides nothing. */
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

/** The data of an answer, and what is hidden in it. */
export function redactionsIn(answer: string | null): { data: unknown; redactions: readonly Redaction[] } {
  try {
    const { data, extensions } = JSON.parse(answer ?? "{}");
    return { data, redactions: extensions?.redactions ?? [] };
  } catch {
    return { data: null, redactions: [] };
  }
}
