// The picker of as whom one looks: a company that one looks after, or any by its id.

import { type FormEvent, useEffect, useState } from "react";

import type { Viewer } from "../config";
import type { Session } from "../session";
import { type Company, lookedAfter } from "./gateway";

/** The companies as which the viewer may look, none until they are known. */
export function useLookedAfter(endpoint: string, session: Session, viewer: Viewer | null): readonly Company[] {
  const [companies, become] = useState<readonly Company[]>([]);
  useEffect(() => {
    let current = true;
    become([]);
    lookedAfter(endpoint, session)
      .then((found) => current && become(found))
      .catch(() => {}); // without them there is still the field for an id
    return () => {
      current = false;
    };
  }, [endpoint, session, viewer]);
  return companies;
}

interface Props {
  companies: readonly Company[];
  viewAs: Company | null;
  onChoose: (company: Company | null) => void;
}

export function LookAs({ companies, viewAs, onChoose }: Props) {
  const known = viewAs && !companies.some(({ id }) => id === viewAs.id) ? [viewAs, ...companies] : companies;
  const choose = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const id = String(new FormData(event.currentTarget).get("id") ?? "").trim();
    event.currentTarget.reset();
    if (id) onChoose({ id, label: id });
  };
  return (
    <>
      <div className="visibility-field">
        <span aria-hidden="true">Look as</span>
        <select
          aria-label="Look as"
          value={viewAs?.id ?? ""}
          onChange={({ target }) => onChoose(known.find(({ id }) => id === target.value) ?? null)}
        >
          <option value="">yourself</option>
          {known.map(({ id, label }) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </select>
      </div>
      <form className="visibility-field" onSubmit={choose}>
        <input name="id" aria-label="Id of a company or a user to look as" placeholder="or the id of a company or a user" />
        <button type="submit">Look</button>
      </form>
    </>
  );
}
