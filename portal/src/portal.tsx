// The page: a bar with the signed-in user, and GraphiQL below it.

import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";

import type { Config } from "./config";
import { EventLogView } from "./event-log-view";
import { EXAMPLES } from "./examples";
import { fetcherFor } from "./fetcher";
import { FollowViewer } from "./follow-viewer";
import { RedactionLine } from "./redaction-line";
import { ResponseLine } from "./response-line";
import type { Session } from "./session";
import { takeShared } from "./share";
import { ShareButtons } from "./share-buttons";
import { storage } from "./storage";
import { TokenBox } from "./token-box";
import { SIGN_IN, ViewerMenu } from "./viewer-menu";
import { visibilityPlugin } from "./visibility/plugin";

export function Portal({ config, session }: { config: Config; session: Session }) {
  const { own, viewer, viewAs, typed, problem } = useSyncExternalStore(session.subscribe, session.state);
  const fetcher = useMemo(() => fetcherFor(config.endpoint, session), [config, session]);
  const [shared] = useState(takeShared);
  const plugins = useMemo(() => [HISTORY_PLUGIN, visibilityPlugin(config, session)], [config, session]);
  return (
    <div className="graphiql-container portal">
      <header className="portal-bar">
        <h1 className="portal-name">
          <Mark /> <span className="portal-name-text">Crossgate</span>
        </h1>
        <p className="portal-problem" role="alert">
          {problem}
        </p>
        {viewAs && (
          <p className="portal-viewing-as" role="status">
            Viewing as {viewAs.label}
            <button type="button" onClick={() => session.viewAs(null)}>
              Stop
            </button>
          </p>
        )}
        {config.development || own ? (
          <ViewerMenu
            viewers={config.viewers}
            own={own}
            viewer={viewer}
            onChoose={(chosen) => session.choose(chosen)}
            onSignOut={() => void session.signOut()}
          />
        ) : (
          <>
            <TokenBox session={session} />
            {!typed && (
              <a className="viewer-button" href={SIGN_IN}>
                Sign in
              </a>
            )}
          </>
        )}
      </header>
      <main className="portal-main">
        <GraphiQL
          fetcher={fetcher}
          plugins={plugins}
          defaultTabs={EXAMPLES}
          {...(shared ? { initialQuery: shared.query, initialVariables: shared.variables } : {})}
          storage={storage}
          defaultEditorToolsVisibility={false}
          showPersistHeadersSettings={false} // a typed token stays in memory
        >
          <GraphiQL.Logo>{null}</GraphiQL.Logo>
          <GraphiQL.Toolbar>
            {({ prettify, merge, copy }) => (
              <>
                {prettify}
                {merge}
                {copy}
                <ShareButtons config={config} session={session} />
              </>
            )}
          </GraphiQL.Toolbar>
          <GraphiQL.Footer>
            <RedactionLine />
            <ResponseLine />
            <EventLogView />
          </GraphiQL.Footer>
          <FollowViewer who={`${viewer?.email ?? ""} ${viewAs?.id ?? ""} ${typed ?? ""}`} />
          <WrapLines />
          {session.isFirstVisit && <FirstRun />}
        </GraphiQL>
      </main>
    </div>
  );
}

/** Wraps long lines of a query, like those of its answer, because the page is also used in half of a screen. */
function WrapLines() {
  const editor = useGraphiQL((state) => state.queryEditor);
  useEffect(() => editor?.updateOptions({ wordWrap: "on" }), [editor]);
  return null;
}

/** On a first visit, the first query is run, so that there is an answer to look at. */
function FirstRun() {
  const { run } = useGraphiQLActions();
  const [editor, answer] = useGraphiQL((state) => [state.queryEditor, state.responseEditor] as const);
  const hasRun = useRef(false);
  useEffect(() => {
    if (!editor || !answer || hasRun.current) return;
    hasRun.current = true;
    void run();
  }, [editor, answer, run]);
  return null;
}

function Mark() {
  return (
    <svg className="portal-mark" viewBox="0 0 32 32" aria-hidden="true">
      <path d="M4 10h8l8 12h8M4 22h8l2.7-4M17.3 14l2.7-4h8" />
    </svg>
  );
}
