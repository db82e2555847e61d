// What the page asks the gateway before it starts.

export interface Viewer {
  readonly email: string;
  readonly label: string;
}

/** Who a developer is on a first visit: an account that policy hides something from. */
export const FIRST = "hidden@managed.example";

export interface Config {
  readonly development: boolean; // without it nobody can be chosen: `viewers` is empty and nothing signs in
  readonly endpoint: string;
  readonly viewers: readonly Viewer[];
}

export async function loadConfig(): Promise<Config> {
  const response = await fetch("/portal/config");
  if (!response.ok) throw new Error(`The gateway answered ${response.status} to /portal/config.`);
  return (await response.json()) as Config;
}
