// Hidden values: why a field is null, by the object that has it.

import { REASONS, type RedactionReason } from "./schema-facts.js";

export { REASONS, type RedactionReason };

/** A hidden value of a response. "*" in the path stands for every item of a list. */
export interface Redaction {
  readonly path: readonly (string | number)[];
  readonly reason: RedactionReason;
}

interface HiddenField {
  readonly field: string;
  readonly reason: RedactionReason;
}

const reasons = new WeakMap<object, Record<string, RedactionReason>>();

/** Remember why values are hidden, for the objects of a response. */
export function remember(data: unknown, redactions: readonly Redaction[]): void {
  for (const { path, reason } of redactions) {
    const field = path.at(-1);
    for (const object of objectsAt([data], path.slice(0, -1))) {
      reasons.set(object, { ...reasons.get(object), [field as string]: reason });
    }
  }
}

/**
 * Why a field of an object is hidden; null if it isn't. The object is one of a response of this client, or has `viewerHides`, which
 * caches keep. `field` is the name in the response.
 */
export function hiddenReason(object: object, field: string): RedactionReason | null {
  const hides = (object as { viewerHides?: readonly HiddenField[] | null }).viewerHides;
  return hides?.find((hidden) => hidden.field === field)?.reason ?? reasons.get(object)?.[field] ?? null;
}

function objectsAt(values: readonly unknown[], path: readonly (string | number)[]): readonly object[] {
  const objects = values.filter((value): value is object => typeof value === "object" && value !== null);
  const [step, ...rest] = path;
  if (step === undefined) return objects;
  const found = objects.flatMap((object) => (step === "*" ? (object as unknown[]) : [(object as Record<string | number, unknown>)[step]]));
  return objectsAt(found, rest);
}
