// The log below the answer: one line for each event of a subscription, and the whole event below a chosen line.

import { useGraphiQL } from "@graphiql/react";
import { useId, useState, useSyncExternalStore } from "react";

import { clearLog, type EventLog, eventLog, type LoggedEvent, subscribe, summaryOf } from "./event-log";

/** The log, in the tab that ran the subscription. */
export function EventLogView() {
  const tab = useGraphiQL((state) => state.tabs[state.activeTabIndex]?.id);
  const log = useSyncExternalStore(subscribe, eventLog);
  const [home, setHome] = useState({ run: 0, tab });
  if (log && log.run !== home.run) setHome({ run: log.run, tab }); // a subscription starts in the tab that is open
  if (!log || log.run !== home.run || tab !== home.tab) return null;
  return <Events key={log.run} log={log} />;
}

function Events({ log: { events, dropped } }: { log: EventLog }) {
  const [chosen, choose] = useState<number | null>(null);
  return (
    <section className="event-log" aria-label="Events">
      <div className="event-log-bar">
        <h2 className="event-log-title">Events</h2>
        <span className="event-log-dropped">{dropped > 0 && `${dropped} older ${dropped === 1 ? "event was" : "events were"} dropped.`}</span>
        <button type="button" onClick={clearLog}>
          Clear
        </button>
      </div>
      <div className="event-log-lines" role="log" aria-label="Event log">
        {events.length === 0 && <p>No events.</p>}
        <ol reversed>
          {events.map((event) => (
            <Line
              key={event.number}
              event={event}
              isOpen={event.number === chosen}
              onChoose={() => choose(event.number === chosen ? null : event.number)}
            />
          ))}
        </ol>
      </div>
    </section>
  );
}

function Line({ event: { number, at, result }, isOpen, onChoose }: { event: LoggedEvent; isOpen: boolean; onChoose: () => void }) {
  const id = useId();
  return (
    <li>
      <button type="button" className="event-line" aria-expanded={isOpen} aria-controls={isOpen ? id : undefined} onClick={onChoose}>
        <time dateTime={at.toISOString()}>{at.toLocaleTimeString()}</time> <span>{number}</span>{" "}
        <span className="event-line-summary">{summaryOf(result)}</span>
      </button>
      {/* Who opens it reads it: only new lines are announced. */}
      {isOpen && (
        <pre id={id} aria-live="off">
          {JSON.stringify(result, null, 2)}
        </pre>
      )}
    </li>
  );
}
