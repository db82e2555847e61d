// Whom the page speaks for. The choice survives a reload, its token does not: a page signs in anew, so that nothing
// secret is stored and a token of yesterday is never sent.

import type { Config, Viewer } from "./config";

const CHOICE = "crossgate.viewer";

/** A company or a user as which one looks, by its global id. */
export interface LookedAs {
  readonly id: string;
  readonly label: string;
}

export interface SessionState {
  readonly viewer: Viewer | null; // null for the anonymous visitor
  readonly viewAs: LookedAs | null; // null while one looks as oneself
  readonly problem: string | null;
}

export class Session {
  #state: SessionState = { viewer: null, viewAs: null, problem: null };
  #token: Promise<string | null> = Promise.resolve(null);
  #requests = new AbortController();
  readonly #listeners = new Set<() => void>();

  constructor(viewers: Config["viewers"]) {
    const email = sessionStorage.getItem(CHOICE);
    const viewer = viewers.find((candidate) => candidate.email === email);
    if (viewer) this.choose(viewer);
  }

  /** Speak for somebody else from now on. What is still being asked for the former viewer is dropped. */
  choose(viewer: Viewer | null): void {
    this.#drop();
    if (viewer) sessionStorage.setItem(CHOICE, viewer.email);
    else sessionStorage.removeItem(CHOICE);
    this.#become({ viewer, viewAs: null, problem: null });
    this.renew();
  }

  /** Look as a company or a user from now on, as whoever is signed in; as oneself if it is null. */
  lookAs(viewAs: LookedAs | null): void {
    this.#drop();
    this.#become({ ...this.#state, viewAs });
  }

  /** Fetch another token for the same viewer, as after a 401. */
  renew(): void {
    const { viewer } = this.#state;
    this.#token = viewer ? this.#signIn(viewer) : Promise.resolve(null);
  }

  /** The Authorization header to send, once the viewer is signed in; null for the anonymous visitor. */
  async authorization(): Promise<string | null> {
    const token = await this.#token;
    return token && `Bearer ${token}`;
  }

  /** Aborts as soon as the page speaks for somebody else. */
  get signal(): AbortSignal {
    return this.#requests.signal;
  }

  readonly state = (): SessionState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  async #signIn(viewer: Viewer): Promise<string | null> {
    try {
      return await fetchToken(viewer.email);
    } catch (error) {
      if (this.#state.viewer === viewer) {
        sessionStorage.removeItem(CHOICE);
        this.#become({ viewer: null, viewAs: null, problem: `Could not sign in as ${viewer.email}: ${(error as Error).message}` });
      }
      return null;
    }
  }

  #drop(): void {
    this.#requests.abort(new Error("Not answered: the viewer was changed."));
    this.#requests = new AbortController();
  }

  #become(state: SessionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

async function fetchToken(email: string): Promise<string> {
  const response = await fetch("/portal/sign-in", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email }),
  });
  const answer = (await response.json()) as { token?: string; error?: string };
  if (!answer.token) throw new Error(answer.error ?? `the gateway answered ${response.status}`);
  return answer.token;
}
