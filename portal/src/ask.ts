// Sends one operation to the gateway.

interface Options {
  readonly path?: string;
  readonly variables?: object;
  readonly token?: string | undefined;
}

/** Return the data of the answer. Throws the gateway's message if there is none. */
export async function ask(query: string, { path = "/graphql", variables = {}, token }: Options = {}): Promise<any> {
  const headers = new Headers({ "content-type": "application/json", accept: "application/json" });
  if (token) headers.set("authorization", `Bearer ${token}`);
  const response = await fetch(path, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  const answer = await response.json().catch(() => ({}));
  if (!answer.data) throw new Error(answer.errors?.[0]?.message ?? `The gateway answered ${response.status}.`);
  return answer.data;
}
