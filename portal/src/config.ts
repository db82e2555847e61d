// The configuration that the page loads before it starts.

export interface Viewer {
  readonly email: string;
  readonly label: string;
}

/** The user of a developer's first visit: an account that policy hides something from. */
export const FIRST = "hidden@managed.example";

export interface Config {
  readonly development: boolean; // otherwise `viewers` is empty
  readonly endpoint: string;
  readonly viewers: readonly Viewer[];
}

export async function loadConfig(): Promise<Config> {
  const response = await fetch("/portal/config");
  if (!response.ok) throw new Error(`The gateway answered ${response.status} to /portal/config.`);
  return (await response.json()) as Config;
}
