// Monaco's language services run in workers, bundled and served like every other script of the page.

import type {} from "monaco-editor"; // types of the global that is set below
import GraphQLWorker from "monaco-graphql/esm/graphql.worker.js?worker";
import EditorWorker from "monaco-editor/esm/vs/editor/editor.worker.js?worker";
import JsonWorker from "monaco-editor/esm/vs/language/json/json.worker.js?worker";

window.MonacoEnvironment = {
  getWorker(_id: string, language: string) {
    switch (language) {
      case "graphql":
        return new GraphQLWorker();
      case "json":
        return new JsonWorker();
      default:
        return new EditorWorker();
    }
  },
};
