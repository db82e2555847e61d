// What another viewer would be answered otherwise, and why: never with values.

import { useState } from "react";

import type { Session } from "../session";
import { type Company, type Difference, differences, type Operation } from "./gateway";

interface Props {
  session: Session;
  operation: Operation;
  companies: readonly Company[];
  viewAs: Company | null;
}

type Found = readonly Difference[] | string | null;

export function Comparison({ session, operation, companies, viewAs }: Props) {
  const [other, choose] = useState("");
  const [found, find] = useState<Found>(null);
  const others = companies.filter(({ id }) => id !== viewAs?.id);
  const compare = async () => {
    try {
      find(await differences(session, operation, other || null));
    } catch (error) {
      find((error as Error).message);
    }
  };
  return (
    <>
      <h3>Compare</h3>
      <div className="visibility-field">
        <span aria-hidden="true">with</span>
        <select aria-label="Compare with" value={other} onChange={({ target }) => choose(target.value)}>
          <option value="">yourself</option>
          {others.map(({ id, label }) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </select>
        <button type="button" onClick={() => void compare()}>
          Compare
        </button>
      </div>
      <div role="status" aria-label="Differences">
        {typeof found === "string" && <p>{found}</p>}
        {Array.isArray(found) && <Differences found={found} />}
      </div>
    </>
  );
}

function Differences({ found }: { found: readonly Difference[] }) {
  if (found.length === 0) return <p>Both are answered the same.</p>;
  return (
    <ul className="visibility-list">
      {found.map(({ path, left, right }) => (
        <li key={path.join(".")} className="difference">
          <code>{path.join(".")}</code>
          <span>
            {left.reason ?? "has it"} → {right.reason ?? "has it"}
          </span>
        </li>
      ))}
    </ul>
  );
}
