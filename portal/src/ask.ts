// Sends one operation to the gateway.

interface Options {
  readonly path?: string;
  readonly variables?: object;
  readonly token?: string | undefined;
}

/** The gateway doesn't accept the token. */
export class Refused extends Error {}

/** Return the data of the answer. Throws the gateway's message if there is none, as Refused if it's about the token. */
export async function ask(query: string, { path = "/graphql", variables = {}, token }: Options = {}): Promise<any> {
  const headers = new Headers({ "content-type": "application/json", accept: "application/json" });
  if (token) headers.set("authorization", `Bearer ${token}`);
  const response = await fetch(path, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  const answer = await response.json().catch(() => ({}));
  if (answer.data) return answer.data;
  const message = answer.errors?.[0]?.message ?? `The gateway answered ${response.status}.`;
  throw response.status === 401 ? new Refused(message) : new Error(message);
}
