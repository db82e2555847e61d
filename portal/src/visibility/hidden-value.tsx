// One hidden value, or one hidden in every item of a list: where it is, why, and which rules decided.

import { useGraphiQL } from "@graphiql/react";
import { useState } from "react";

import type { Redaction } from "../redactions";
import type { Session } from "../session";
import { type Decision, type Explanation, type Operation, why } from "./gateway";
import { jump, useEditor } from "./jump";
import { placeOf } from "./places";

interface Props {
  endpoint: string;
  session: Session;
  operation: Operation;
  data: unknown;
  redaction: Redaction;
}

type Told = Explanation | string | null;

export function HiddenValue({ endpoint, session, operation, data, redaction: { path, reason } }: Props) {
  const editor = useEditor();
  const schema = useGraphiQL((state) => state.schema);
  const [told, tell] = useState<Told>(null);

  const explain = async () => {
    const place = schema && placeOf(schema, operation, data, path);
    if (!place) return tell("The query has changed since it was answered. Run it again.");
    if (!place.id) return tell(`Select id beside ${place.field}: the rules are told of a thing that has one.`);
    try {
      tell((await why(endpoint, session, { ...place, id: place.id })) ?? "There is no such thing, or you may not know of it.");
    } catch (error) {
      tell((error as Error).message);
    }
  };

  return (
    <li className="hidden-value">
      <button
        type="button"
        className="hidden-value-path"
        title="Show it in the answer"
        onClick={() => editor && jump(editor, path)}
      >
        {path.join(".")}
      </button>
      <span className="hidden-value-reason">{reason}</span>
      <button type="button" aria-expanded={told !== null} onClick={() => (told === null ? void explain() : tell(null))}>
        Why?
      </button>
      {told !== null && (
        <div className="hidden-value-why" role="status">
          {typeof told === "string" ? <p>{told}</p> : <Why {...told} />}
        </div>
      )}
    </li>
  );
}

function Why({ allowed, reason, decisions }: Explanation) {
  return (
    <>
      <p>{allowed ? "Visible." : `Hidden: ${reason}.`}</p>
      {decisions.length === 0 && <p>The rules are told to whoever administers this viewer.</p>}
      <ul>
        {decisions.map((decision) => (
          <Rule key={`${decision.file}:${decision.line}`} {...decision} />
        ))}
      </ul>
    </>
  );
}

function Rule({ effect, file, line, holds, sentence, parts }: Decision) {
  const failing = holds ? undefined : parts.find((part) => part.holds === false);
  return (
    <li className={holds ? "rule rule-holds" : "rule"}>
      <strong>{effect}</strong> {holds ? "holds" : "does not hold"} <code>{`${file}:${line}`}</code>
      {sentence && <p>{sentence}</p>}
      {failing && (
        <p>
          Not so: <code>{failing.text}</code>
        </p>
      )}
    </li>
  );
}
