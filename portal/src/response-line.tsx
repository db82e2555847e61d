// The line below an answer: how long it took, how large it is, what it cost and what ran it.

import { useGraphiQL } from "@graphiql/react";
import { useSyncExternalStore } from "react";

import { lastResponse, subscribe } from "./last-response";

export function ResponseLine() {
  const answer = useGraphiQL((state) => state.tabs[state.activeTabIndex]?.response);
  const facts = useSyncExternalStore(subscribe, lastResponse);
  if (!facts || !answer) return null;
  const { milliseconds, bytes, cost, execution } = facts;
  const size = bytes < 1000 ? `${bytes} bytes` : `${(bytes / 1000).toFixed(1)} kB`;
  return (
    <p className="response-line" aria-label="Last response">
      {[`${Math.round(milliseconds)} ms`, size, cost && `cost ${cost}`, execution].filter(Boolean).join(" · ")}
    </p>
  );
}
