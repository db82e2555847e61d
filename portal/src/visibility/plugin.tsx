// GraphiQL's panel "Visibility": what policy hid in the last answer and why, whom to view as, and what others would get.

import { type GraphiQLPlugin, useGraphiQL } from "@graphiql/react";
import { useMemo, useSyncExternalStore } from "react";

import type { Config } from "../config";
import { redactionsIn } from "../redactions";
import type { Session } from "../session";
import { Comparison } from "./comparison";
import { HiddenValue } from "./hidden-value";
import { useViewable, ViewAs } from "./view-as";

/** The panel of one page. */
export function visibilityPlugin({ development, endpoint }: Config, session: Session): GraphiQLPlugin {
  function Visibility() {
    const { viewer, viewAs } = useSyncExternalStore(session.subscribe, session.state);
    const companies = useViewable(endpoint, session, viewer);
    const tab = useGraphiQL((state) => state.tabs[state.activeTabIndex]);
    const answer = tab?.response ?? null;
    const { data, redactions } = useMemo(() => redactionsIn(answer), [answer]);
    const variables = useMemo(() => parsed(tab?.variables), [tab?.variables]);
    const operation = { query: tab?.query ?? "", operationName: tab?.operationName, variables };
    return (
      <section className="visibility" aria-label="Visibility">
        <h2 className="visibility-title">Visibility</h2>
        <ViewAs {...{ endpoint, session, companies, viewAs }} onChoose={(company) => session.viewAs(company)} />
        <h3>Hidden in this answer</h3>
        {redactions.length === 0 && <p>{answer ? "Nothing is hidden." : "Run a query. Hidden values are listed here."}</p>}
        <ul className="visibility-list">
          {redactions.map((redaction) => (
            <HiddenValue
              key={`${tab?.id} ${answer?.length} ${redaction.path.join(".")}`}
              {...{ endpoint, session, operation, data, redaction }}
            />
          ))}
        </ul>
        {development && (
          <p>
            <a href="/portal/policy-matrix" target="_blank" rel="noreferrer">
              Policy matrix: who sees and does what
            </a>
          </p>
        )}
        <Comparison key={`${viewer?.email} ${viewAs?.id}`} {...{ session, operation, data, companies, viewAs }} />
      </section>
    );
  }
  return { title: "Visibility", icon: Eye, content: Visibility };
}

function Eye() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
      <path d="M2 12s3.6-6.5 10-6.5S22 12 22 12s-3.6 6.5-10 6.5S2 12 2 12Z" />
      <circle cx="12" cy="12" r="3" />
    </svg>
  );
}

function parsed(variables: string | null | undefined): unknown {
  try {
    return variables ? JSON.parse(variables) : undefined;
  } catch {
    return undefined; // GraphiQL reports the problem
  }
}
