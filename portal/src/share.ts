// Links to a query, and the query as a command. Neither has a token.

export interface Shared {
  readonly query: string;
  readonly variables: string;
}

/** The page's address with a query in its fragment, which browsers send to no server. */
export function linkTo({ query, variables }: Shared): string {
  const fragment = new URLSearchParams({ query, ...(variables.trim() ? { variables } : {}) });
  return `${location.origin}${location.pathname}#${fragment}`;
}

/** The query in the page's address, if there is one. The address is cleaned, so that a reload keeps what was changed since. */
export function takeShared(): Shared | null {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const query = fragment.get("query");
  if (query === null) return null;
  history.replaceState(null, "", location.pathname);
  return { query, variables: fragment.get("variables") ?? "" };
}

/** The command that sends the query. It takes the token from a variable of the shell. */
export function asCurl(endpoint: string, { query, variables }: Shared, isSigned: boolean): string {
  const body = JSON.stringify({ query, ...(variables.trim() ? { variables: JSON.parse(variables) } : {}) });
  const lines = [
    `curl -s ${new URL(endpoint, location.href)}`,
    "-H 'Content-Type: application/json'",
    ...(isSigned ? ['-H "Authorization: Bearer $TOKEN"'] : []),
    `-d '${body.replaceAll("'", "'\\''")}'`,
  ];
  return lines.join(" \\\n  ");
}
