// The line below an answer that says how many of its values are hidden, and why.

import { useGraphiQL } from "@graphiql/react";
import { useMemo } from "react";

import { REASONS } from "../../clients/typescript/src/schema-facts";
import { hiddenIn } from "./redactions";

const sentenceOf = (reason: string): string => (REASONS as Readonly<Record<string, string>>)[reason] ?? "Policy hides it.";

export function RedactionLine() {
  const answer = useGraphiQL((state) => state.tabs[state.activeTabIndex]?.response ?? null);
  const { count, reasons } = useMemo(() => hiddenIn(answer), [answer]);
  const why = reasons.map(({ reason, fields }) => `${fields.join(", ")} — ${sentenceOf(reason)} (${reason})`).join("; ");
  return (
    <p className="redaction-line" role="status" aria-label="Hidden values">
      {count > 0 && `${count} ${count === 1 ? "value" : "values"} hidden: ${why}`}
    </p>
  );
}
