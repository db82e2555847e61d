// A hidden value, or one that is hidden in every item of a list: where it is, why, and which rules decided.

import { useGraphiQL } from "@graphiql/react";
import { useState } from "react";

import { type Redaction, sentenceOf } from "../redactions";
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

type Answer = Explanation | string | null;

export function HiddenValue({ endpoint, session, operation, data, redaction: { path, reason } }: Props) {
  const editor = useEditor();
  const schema = useGraphiQL((state) => state.schema);
  const [answer, setAnswer] = useState<Answer>(null);

  const explain = async () => {
    const place = schema && placeOf(schema, operation, data, path);
    if (!place) return setAnswer("The query has changed since it ran. Run it again.");
    if (!place.id) return setAnswer(`Add id to the selection of ${place.field} to see the rules.`);
    try {
      setAnswer((await why(endpoint, session, { ...place, id: place.id })) ?? "The object doesn't exist, or you can't see it.");
    } catch (error) {
      setAnswer((error as Error).message);
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
      <span className="hidden-value-reason" title={reason}>
        {sentenceOf(reason)}
      </span>
      <button type="button" aria-expanded={answer !== null} onClick={() => (answer === null ? void explain() : setAnswer(null))}>
        Why?
      </button>
      {answer !== null && (
        <div className="hidden-value-why" role="status">
          {typeof answer === "string" ? <p>{answer}</p> : <Why {...answer} />}
        </div>
      )}
    </li>
  );
}

function Why({ allowed, reason, decisions }: Explanation) {
  return (
    <>
      <p>{allowed ? "Visible." : `Hidden: ${sentenceOf(reason ?? "")} (${reason})`}</p>
      {decisions.length === 0 && <p>Only administrators of this viewer see the rules.</p>}
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
      <strong>{effect}</strong> {holds ? "holds" : "doesn't hold"} {" "}
      <a href={`/portal/policies/${file}#L${line}`} target="_blank" rel="noreferrer">
        <code>{`${file}:${line}`}</code>
      </a>
      {sentence && <p>{sentence}</p>}
      {failing && (
        <p>
          Fails: <code>{failing.text}</code>
        </p>
      )}
    </li>
  );
}
