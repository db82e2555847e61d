// Keeps what is on screen true of the viewer: nobody reads an answer, or a schema, that was given to somebody else.

import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { Kind, OperationTypeNode, parse } from "graphql";
import { useEffect, useRef } from "react";

import type { Viewer } from "./config";

export function FollowViewer({ viewer }: { viewer: Viewer | null }) {
  const { introspect, run, updateActiveTabValues } = useGraphiQLActions();
  const { tab, query, answer } = useGraphiQL((state) => ({
    tab: state.tabs[state.activeTabIndex],
    query: state.queryEditor,
    answer: state.responseEditor,
  }));
  const answeredTo = useRef(new Map<string, Viewer | null>());
  const shown = useRef({ viewer, tab: tab?.id });

  useEffect(() => {
    const changed = shown.current.viewer !== viewer;
    const stayed = shown.current.viewer === viewer && shown.current.tab === tab?.id;
    shown.current = { viewer, tab: tab?.id };
    if (changed) void introspect();
    if (!tab?.response) return;
    if (stayed) {
      answeredTo.current.set(tab.id, viewer);
    } else if (answeredTo.current.get(tab.id) !== viewer) {
      updateActiveTabValues({ response: null });
      answer?.setValue("");
      if (changed && onlyReads(query?.getValue() ?? "")) void run();
    }
  }, [viewer, tab?.id, tab?.response]);

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
