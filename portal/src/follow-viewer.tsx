// Replaces the schema, the answers and the events on screen when the viewer changes, so that they always belong to the current viewer.

import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { Kind, OperationTypeNode, parse } from "graphql";
import { useEffect, useRef } from "react";

import { endLog } from "./event-log";

/** `who` identifies the signed-in user or the typed token, and the company that it views as. */
export function FollowViewer({ who }: { who: string }) {
  const { introspect, run, updateActiveTabValues } = useGraphiQLActions();
  const { tab, query, answer } = useGraphiQL((state) => ({
    tab: state.tabs[state.activeTabIndex],
    query: state.queryEditor,
    answer: state.responseEditor,
  }));
  const answeredTo = useRef(new Map<string, string>());
  const shown = useRef({ who, tab: tab?.id });

  useEffect(() => {
    const changed = shown.current.who !== who;
    const stayed = shown.current.who === who && shown.current.tab === tab?.id;
    shown.current = { who, tab: tab?.id };
    if (changed) {
      endLog();
      void introspect();
    }
    if (!tab?.response) return;
    if (stayed) {
      answeredTo.current.set(tab.id, who);
    } else if (answeredTo.current.get(tab.id) !== who) {
      updateActiveTabValues({ response: null });
      answer?.setValue("");
      if (changed && onlyReads(query?.getValue() ?? "")) void run();
    }
  }, [who, tab?.id, tab?.response]);

  return null;
}

function onlyReads(document: string): boolean {
  try {
    return parse(document).definitions.every(
      (definition) => definition.kind !== Kind.OPERATION_DEFINITION || definition.operation === OperationTypeNode.QUERY,
    );
  } catch {
    return false;
  }
}
