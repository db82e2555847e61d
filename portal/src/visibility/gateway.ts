// The requests of the panel. They run as the signed-in user, not as the company that it views as.

import type { Session } from "../session";

export type Path = readonly (string | number)[]; // "*" stands for every item of a list

export interface Company {
  readonly id: string;
  readonly label: string;
}

export interface Decision {
  readonly effect: string;
  readonly rule: string;
  readonly file: string;
  readonly line: number;
  readonly holds: boolean;
  readonly sentence: string | null;
  readonly parts: readonly { readonly text: string; readonly holds: boolean | null }[];
}

export interface Explanation {
  readonly allowed: boolean;
  readonly reason: string | null;
  readonly decisions: readonly Decision[];
}

/** Where two answers differ. A side without a reason has the value. */
export interface Difference {
  readonly path: Path;
  readonly left: { readonly reason: string | null };
  readonly right: { readonly reason: string | null };
}

export interface Operation {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: unknown;
}

const VIEWABLE = `{
  managedAccounts(first: 100) { nodes { company { id tradingName viewerCan } } }
  companies(first: 100) { nodes { id tradingName viewerCan } }
}`;

const VIEWED = "{ viewer { user { name } viewingAs { tradingName } } }";
const ID = /^[\w-]+$/; // headers can't have every character, and IDs have no others

const WHY = `query Why($typeName: String!, $id: ID!, $field: String, $viewAs: ID) {
  explain(typeName: $typeName, id: $id, field: $field, viewAs: $viewAs) {
    allowed reason decisions { effect rule file line holds sentence parts { text holds } }
  }
}`;

/** Return the companies that the signed-in user can view as. */
export async function viewableCompanies(endpoint: string, session: Session): Promise<readonly Company[]> {
  const { managedAccounts, companies } = await data(endpoint, session, { query: VIEWABLE });
  const found = [...managedAccounts.nodes.map((account: any) => account.company), ...companies.nodes].filter(
    (company) => company?.viewerCan?.includes("VIEW_AS"),
  );
  return [...new Map(found.map(({ id, tradingName }) => [id, { id, label: tradingName }])).values()];
}

/** Return the company or the user with an ID, by its name. Throws an error if it doesn't exist, or the user can't view as it. */
export async function viewable(endpoint: string, session: Session, id: string): Promise<Company> {
  if (!ID.test(id)) throw new Error("An ID has only letters, digits, - and _.");
  const { viewer } = await data(endpoint, session, { query: VIEWED }, id);
  const names = [viewer.user?.name, viewer.viewingAs?.tradingName].filter(Boolean);
  return { id, label: names.join(", ") || id };
}

/** Explain why a field of an object is visible or hidden. Returns null if the user can't see the object. */
export async function why(
  endpoint: string,
  session: Session,
  object: { typeName: string; id: string; field: string },
): Promise<Explanation | null> {
  const variables = { ...object, viewAs: session.state().viewAs?.id ?? null };
  return (await data(endpoint, session, { query: WHY, variables })).explain;
}

/** Compare the answers for the current view-as company and another one. null stands for the signed-in user. */
export async function differences(
  session: Session,
  operation: Operation,
  other: string | null,
): Promise<readonly Difference[]> {
  const left = session.state().viewAs?.id ?? null;
  const answer = await post("/diff", session, { ...operation, left, right: other });
  if (!answer.paths) throw new Error(answer.errors?.[0]?.message ?? "The gateway didn't compare the answers.");
  return answer.paths;
}

async function data(endpoint: string, session: Session, operation: Operation, viewAs?: string): Promise<any> {
  const answer = await post(endpoint, session, operation, viewAs);
  if (!answer.data) throw new Error(answer.errors?.[0]?.message ?? "The gateway sent no data.");
  return answer.data;
}

async function post(url: string, session: Session, body: object, viewAs?: string): Promise<any> {
  const { signal } = session;
  const response = await session.send((authorization) => {
    const headers = new Headers({ "content-type": "application/json", accept: "application/json" });
    if (authorization) headers.set("authorization", authorization);
    if (viewAs) headers.set("x-crossgate-view-as", viewAs);
    return fetch(url, { method: "POST", headers, body: JSON.stringify(body), signal });
  });
  return response.json();
}
