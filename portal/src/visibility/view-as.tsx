// The picker for view-as: a company that the user can view as, or a company or a user by its ID.

import { type FormEvent, useEffect, useState } from "react";

import type { Viewer } from "../config";
import type { Session } from "../session";
import { type Company, viewableCompanies } from "./gateway";

/** Return the companies that the viewer can view as; empty until they are loaded. */
export function useViewable(endpoint: string, session: Session, viewer: Viewer | null): readonly Company[] {
  const [companies, become] = useState<readonly Company[]>([]);
  useEffect(() => {
    let current = true;
    become([]);
    viewableCompanies(endpoint, session)
      .then((found) => current && become(found))
      .catch(() => {}); // the field for an ID still works
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

export function ViewAs({ companies, viewAs, onChoose }: Props) {
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
        <span aria-hidden="true">View as</span>
        <select
          aria-label="View as"
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
        <input name="id" aria-label="ID of a company or a user to view as" placeholder="or the ID of a company or a user" />
        <button type="submit">View</button>
      </form>
    </>
  );
}
