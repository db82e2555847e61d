// One operation, sent to the gateway.

interface Options {
  readonly path?: string;
  readonly variables?: object;
  readonly token?: string | undefined;
}

/** The data of the answer. Without any, it fails with what the gateway said. */
export async function ask(query: string, { path = "/graphql", variables = {}, token }: Options = {}): Promise<any> {
  const headers = new Headers({ "content-type": "application/json", accept: "application/json" });
  if (token) headers.set("authorization", `Bearer ${token}`);
  const response = await fetch(path, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  const answer = await response.json().catch(() => ({}));
  if (!answer.data) throw new Error(answer.errors?.[0]?.message ?? `The gateway answered ${response.status}.`);
  return answer.data;
}
