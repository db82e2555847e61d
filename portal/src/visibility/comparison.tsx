// Where another viewer would get a different answer, and why. It never shows values.

import { useState } from "react";

import { sentenceOf } from "../redactions";
import type { Session } from "../session";
import { type Company, type Difference, differences, type Operation, type Path } from "./gateway";

interface Props {
  session: Session;
  operation: Operation;
  data: unknown; // the answer on screen, which the names are from
  companies: readonly Company[];
  viewAs: Company | null;
}

type Found = readonly Difference[] | string | null;

export function Comparison({ session, operation, data, companies, viewAs }: Props) {
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
        {Array.isArray(found) && <Differences found={found} data={data} left={viewAs?.label ?? "you"} right={labelOf(other, others)} />}
      </div>
    </>
  );
}

const labelOf = (id: string, companies: readonly Company[]): string => companies.find((company) => company.id === id)?.label ?? "you";

interface DifferencesProps {
  found: readonly Difference[];
  data: unknown;
  left: string;
  right: string;
}

function Differences({ found, data, left, right }: DifferencesProps) {
  if (found.length === 0) return <p>Both get the same answer.</p>;
  return (
    <table className="differences">
      <thead>
        <tr>
          <th scope="col">value</th>
          <th scope="col">{left}</th>
          <th scope="col">{right}</th>
        </tr>
      </thead>
      <tbody>
        {found.map((difference) => (
          <tr key={difference.path.join(".")}>
            <th scope="row" title={difference.path.join(".")}>
              {named(data, difference.path).join(" › ")}
            </th>
            <Side {...difference.left} />
            <Side {...difference.right} />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Side({ reason }: { reason: string | null }) {
  return reason === null ? <td>visible</td> : <td title={reason}>{sentenceOf(reason)}</td>;
}

const NAMES = ["name", "tradingName", "companyName", "accountName", "title", "number", "email"];

/** Return a path with the names of objects in place of their positions in lists, as far as the answer has them. */
function named(data: unknown, path: Path): string[] {
  let value: any = data;
  return path.map((step) => {
    value = value?.[step];
    const name = typeof step === "number" ? NAMES.map((field) => value?.[field]).find((found) => typeof found === "string") : null;
    return name ?? (step === "*" ? "all" : String(step));
  });
}
