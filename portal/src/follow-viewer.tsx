// Keeps what is on screen true of the viewer: nobody reads an answer, or a schema, that was given to somebody else.

import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { type DocumentNode, Kind, OperationTypeNode } from "graphql";
import { useEffect, useRef } from "react";

import type { Viewer } from "./config";

export function FollowViewer({ viewer }: { viewer: Viewer | null }) {
  const { introspect, run, updateActiveTabValues } = useGraphiQLActions();
  const { tab, document, editor } = useGraphiQL((state) => ({
    tab: state.tabs[state.activeTabIndex],
    document: state.documentAST,
    editor: state.responseEditor,
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
      editor?.setValue("");
      if (changed && onlyReads(document)) void run();
    }
  }, [viewer, tab?.id, tab?.response]);

  return null;
}

function onlyReads(document: DocumentNode | undefined): boolean {
  const operations = document?.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION) ?? [];
  return operations.length > 0 && operations.every(({ operation }) => operation === OperationTypeNode.QUERY);
}
