// The buttons next to the query that share it, and the one that downloads the schema.

import { ToolbarButton, useGraphiQL } from "@graphiql/react";
import { useState } from "react";

import type { Config } from "./config";
import { header, type Session } from "./session";
import { asCurl, linkTo, type Shared } from "./share";

export function ShareButtons({ config, session }: { config: Config; session: Session }) {
  const editors = useGraphiQL((state) => ({ query: state.queryEditor, variables: state.variableEditor }));
  const [done, setDone] = useState("");
  const shared = (): Shared => ({ query: editors.query?.getValue() ?? "", variables: editors.variables?.getValue() ?? "" });
  const copy = async (text: () => string, what: string) => {
    try {
      await navigator.clipboard.writeText(text());
      setDone(`Copied ${what}.`);
    } catch (error) {
      setDone(`Could not copy ${what}: ${(error as Error).message}`);
    }
  };
  const download = async () => setDone(await downloadSchema(session));
  return (
    <>
      <ToolbarButton label="Copy a link to this query" onClick={() => void copy(() => linkTo(shared()), "a link")}>
        <Icon path="M10 14l4-4M8 12l-2 2a3 3 0 0 0 4 4l2-2M16 12l2-2a3 3 0 0 0-4-4l-2 2" />
      </ToolbarButton>
      <ToolbarButton
        label="Copy as cURL"
        onClick={() => void copy(() => asCurl(config.endpoint, shared(), session.state().viewer !== null), "a command")}
      >
        <Icon path="M5 7l5 5-5 5M12 17h7" />
      </ToolbarButton>
      <ToolbarButton label="Download the schema that this viewer sees" onClick={() => void download()}>
        <Icon path="M12 4v11m-5-5l5 5 5-5M5 20h14" />
      </ToolbarButton>
      <span className="unseen" role="status" aria-label="Copied">
        {done}
      </span>
    </>
  );
}

/** Save the schema of the viewer as a file. Returns what to tell. */
async function downloadSchema(session: Session): Promise<string> {
  const authorization = await header(session.token);
  const response = await fetch("/schema.graphql?as=viewer", { headers: authorization ? { authorization } : {} });
  if (!response.ok) return `Could not download the schema: the gateway answered ${response.status}.`;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = "schema.graphql";
  link.click();
  URL.revokeObjectURL(link.href);
  return "Downloaded the schema.";
}

function Icon({ path }: { path: string }) {
  return (
    <svg className="graphiql-toolbar-icon toolbar-line" viewBox="0 0 24 24" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}
