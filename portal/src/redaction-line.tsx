// The line below an answer with the number of hidden values, and why they are hidden.

import { useGraphiQL } from "@graphiql/react";
import { useMemo } from "react";

import { hiddenIn, sentenceOf } from "./redactions";

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
