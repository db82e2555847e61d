// The picker for view-as: a company that the user can view as, or a company or a user by its ID. It takes only what exists.

import { type FormEvent, useEffect, useState } from "react";

import type { Viewer } from "../config";
import type { Session } from "../session";
import { type Company, viewable, viewableCompanies } from "./gateway";

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
  endpoint: string;
  session: Session;
  companies: readonly Company[];
  viewAs: Company | null;
  onChoose: (company: Company | null) => void;
}

export function ViewAs({ endpoint, session, companies, viewAs, onChoose }: Props) {
  const [problem, report] = useState<string | null>(null);
  const known = viewAs && !companies.some(({ id }) => id === viewAs.id) ? [viewAs, ...companies] : companies;
  const choose = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const id = String(new FormData(form).get("id") ?? "").trim();
    if (!id) return;
    try {
      onChoose(await viewable(endpoint, session, id));
      form.reset();
      report(null);
    } catch (error) {
      report((error as Error).message);
    }
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
      <form className="visibility-field" onSubmit={(event) => void choose(event)}>
        <input name="id" aria-label="ID of a company or a user to view as" placeholder="or an ID" />
        <button type="submit">View</button>
      </form>
      <p role="alert">{problem}</p>
    </>
  );
}
