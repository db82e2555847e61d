// Whom the page speaks for: whoever signed in on this site or, in development, a viewer of the menu. The choice survives a
// reload, its token does not: a page signs in anew, so that nothing secret is stored and a token of yesterday is never sent.

import { chosen, forget, remember } from "./choice";
import { type Config, FIRST, type Viewer } from "./config";
import { refreshed, signedIn, signOut } from "./own-session";

const ENDED = "Your session has ended. Sign in again.";

/** A company or a user as which one looks, by its global id. */
export interface LookedAs {
  readonly id: string;
  readonly label: string;
}

export interface SessionState {
  readonly own: Viewer | null; // who signed in on this site
  readonly viewer: Viewer | null; // null for the anonymous visitor
  readonly viewAs: LookedAs | null; // null while one looks as oneself
  readonly problem: string | null;
}

type Token = Promise<string | null>;

export class Session {
  #state: SessionState = { own: null, viewer: null, viewAs: null, problem: null };
  #token: Token = Promise.resolve(null);
  #requests = new AbortController();
  readonly #listeners = new Set<() => void>();

  /** Speak for who was chosen before the page was loaded, else for whoever signed in on this site. */
  async resume(viewers: Config["viewers"]): Promise<void> {
    const email = chosen();
    try {
      const signed = await signedIn();
      if (signed) {
        const { viewer, token } = signed;
        this.#become({ ...this.#state, own: viewer });
        if (email === null || email === viewer.email) return this.#speakFor(viewer, Promise.resolve(token));
      }
    } catch (error) {
      this.#become({ ...this.#state, problem: `Could not continue your session: ${(error as Error).message}` });
    }
    this.isFirstVisit = email === null && !this.#state.own;
    const viewer = viewers.find((candidate) => candidate.email === (this.isFirstVisit ? FIRST : email));
    if (viewer) this.choose(viewer);
  }

  /** Whether nobody had been chosen or signed in before the page was loaded. */
  isFirstVisit = false;

  /** Speak for somebody else from now on. What is still being asked for the former viewer is dropped. */
  choose(viewer: Viewer | null): void {
    remember(viewer?.email ?? "");
    this.#speakFor(viewer, this.#signIn(viewer));
  }

  /** End the session of whoever signed in on this site. */
  async signOut(): Promise<void> {
    try {
      await signOut();
    } catch (error) {
      this.#become({ ...this.#state, problem: `Could not sign out: ${(error as Error).message}` });
      return;
    }
    remember(""); // it stays a visitor's page after a reload
    this.#become({ ...this.#state, own: null });
    this.#speakFor(null, Promise.resolve(null));
  }

  /** Look as a company or a user from now on, as whoever is signed in; as oneself if it is null. */
  lookAs(viewAs: LookedAs | null): void {
    this.#drop();
    this.#become({ ...this.#state, viewAs });
  }

  /** Send a request with its Authorization header, null for the anonymous visitor; once more with another token after a 401. */
  async send(request: (authorization: string | null) => Promise<Response>): Promise<Response> {
    const token = this.token;
    const response = await request(await header(token));
    if (response.status !== 401 || !this.#state.viewer) return response;
    this.renew(token); // it has expired, or the gateway has a new key
    return request(await header(this.token));
  }

  /** The token of the viewer, once signed in. */
  get token(): Token {
    return this.#token;
  }

  /** Fetch another token for the same viewer. Requests that find the same token refused share the next one. */
  renew(refused: Token): void {
    if (this.#token === refused) this.#token = this.#signIn(this.#state.viewer);
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

  #speakFor(viewer: Viewer | null, token: Token): void {
    this.#drop();
    this.#token = token;
    this.#become({ ...this.#state, viewer, viewAs: null, problem: null });
  }

  async #signIn(viewer: Viewer | null): Token {
    if (!viewer) return null;
    try {
      const token = viewer === this.#state.own ? await refreshed() : await fetchToken(viewer.email);
      if (!token) this.#lose(viewer, ENDED, null);
      return token;
    } catch (error) {
      this.#lose(viewer, `Could not sign in as ${viewer.email}: ${(error as Error).message}`, this.#state.own);
      return null;
    }
  }

  /** Speak for nobody, since the viewer got no token. */
  #lose(viewer: Viewer, problem: string, own: Viewer | null): void {
    if (this.#state.viewer !== viewer) return;
    forget();
    this.#become({ own, viewer: null, viewAs: null, problem });
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

/** The Authorization header with a token. */
export async function header(token: Token): Promise<string | null> {
  const text = await token;
  return text && `Bearer ${text}`;
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
