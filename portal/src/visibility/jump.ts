// Selects a value of an answer in its editor.

import { useGraphiQL } from "@graphiql/react";
import { findNodeAtLocation, type Node, parseTree } from "jsonc-parser";

import type { Path } from "./gateway";

type Editor = NonNullable<ReturnType<typeof useEditor>>;

export function useEditor() {
  return useGraphiQL((state) => state.responseEditor);
}

/** Select the value at a path of the answer's data. "*" stands for the first item. */
export function jump(editor: Editor, path: Path): void {
  const model = editor.getModel();
  const node = model && at(parseTree(model.getValue()), ["data", ...path]);
  if (!model || !node) return;
  const whole = node.parent?.type === "property" ? node.parent : node;
  const [start, end] = [whole.offset, node.offset + node.length].map((offset) => model.getPositionAt(offset));
  const range = {
    startLineNumber: start!.lineNumber,
    startColumn: start!.column,
    endLineNumber: end!.lineNumber,
    endColumn: end!.column,
  };
  editor.setSelection(range);
  editor.revealRangeInCenter(range);
  editor.focus();
}

function at(root: Node | undefined, path: Path): Node | undefined {
  let node = root;
  for (const step of path) {
    node = step === "*" ? node?.children?.find(({ type }) => type !== "null") : node && findNodeAtLocation(node, [step]);
  }
  return node;
}
