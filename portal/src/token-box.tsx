// The box for an access token or an API key, which the page then sends its requests with. The token stays in memory.

import { type FormEvent, type KeyboardEvent, useId, useRef, useState, useSyncExternalStore } from "react";

import type { Session } from "./session";

export function TokenBox({ session }: { session: Session }) {
  const { viewer, typed } = useSyncExternalStore(session.subscribe, session.state);
  const owner = typed && viewer ? `Token of ${viewer.email}` : "";
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const closeOnEscape = ({ key }: KeyboardEvent) => {
    if (isOpen && key === "Escape") close();
  };
  return (
    <div className="token-box" onKeyDown={closeOnEscape}>
      <p className="token-owner" role="status" aria-label="Token in use" title={owner}>
        {owner}
      </p>
      {/* One button for both, so that the focus has a place to stay. */}
      <button
        ref={button}
        type="button"
        className="viewer-button"
        aria-expanded={typed ? undefined : isOpen}
        onClick={() => (typed ? session.forgetToken() : setOpen(!isOpen))}
      >
        {typed ? "Forget the token" : "Use a token"}
      </button>
      {isOpen && <TokenForm session={session} onDone={close} />}
    </div>
  );
}

function TokenForm({ session, onDone }: { session: Session; onDone: () => void }) {
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  const apply = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy) return;
    setBusy(true);
    setProblem(null); // so that the same sentence is announced again
    const wrong = await session.useToken(input.current?.value ?? "");
    setBusy(false);
    if (wrong === null) return onDone();
    setProblem(wrong);
    input.current?.focus();
  };
  return (
    <form className="token-form" aria-label="Use a token" onSubmit={(event) => void apply(event)}>
      <label htmlFor={id}>Access token or API key</label>
      <div className="token-field">
        {/* Without a name, so that nothing could ever put it into an address. */}
        <input
          ref={input}
          id={id}
          type="password"
          autoComplete="off"
          spellCheck={false}
          required
          autoFocus
          aria-invalid={problem !== null}
          aria-describedby={`${id}-problem ${id}-note`}
        />
        <button type="submit" className="viewer-button" aria-disabled={isBusy}>
          Apply
        </button>
      </div>
      <p className="token-problem" id={`${id}-problem`} role="alert">
        {problem}
      </p>
      <p id={`${id}-note`}>The page keeps it in memory only: a reload forgets it.</p>
    </form>
  );
}
