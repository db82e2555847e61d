// The viewer that the page sends requests as: the user who signed in on this site, the owner of a typed token or, in development, a user
// chosen in the menu. The choice survives a reload; no token does, so nothing secret is stored.

import { Refused } from "./ask";
import { chosen, forget, remember } from "./choice";
import { type Config, FIRST, type Viewer } from "./config";
import { refreshed, signedIn, signOut, viewerOf } from "./own-session";

const ENDED = "Your session has ended. Sign in again.";
const REFUSED = "The gateway doesn't accept this token. It may be incomplete, revoked or expired.";
const NO_LONGER = "The gateway no longer accepts your token.";
const PRINTABLE = /^[\x21-\x7e]+$/; // what a header can have; tokens and API keys have nothing else

/** A company or a user to view as, by its global ID. */
export interface ViewedAs {
  readonly id: string;
  readonly label: string;
}

export interface SessionState {
  readonly own: Viewer | null; // who signed in on this site
  readonly viewer: Viewer | null; // null for the anonymous visitor
  readonly viewAs: ViewedAs | null; // null while nobody views as another
  readonly typed: number | null; // which of the typed tokens is the viewer's; null if it isn't typed
  readonly problem: string | null;
}

type Token = Promise<string | null>;

export class Session {
  #state: SessionState = { own: null, viewer: null, viewAs: null, typed: null, problem: null };
  #typedTokens = 0;
  #token: Token = Promise.resolve(null);
  #requests = new AbortController();
  readonly #listeners = new Set<() => void>();

  /** Continue as the user who was chosen before the page was loaded, or who signed in on this site. */
  async resume(viewers: Config["viewers"]): Promise<void> {
    const email = chosen();
    try {
      const signed = await signedIn();
      if (signed) {
        const { viewer, token } = signed;
        this.#become({ ...this.#state, own: viewer });
        if (email === null || email === viewer.email) return this.#continueAs(viewer, Promise.resolve(token));
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

  /** Send requests as another viewer from now on. Requests that still run for the previous one are aborted. */
  choose(viewer: Viewer | null): void {
    remember(viewer?.email ?? "");
    this.#continueAs(viewer, this.#signIn(viewer));
  }

  /** End the session of the user who signed in on this site. */
  async signOut(): Promise<void> {
    try {
      await signOut();
    } catch (error) {
      this.#become({ ...this.#state, problem: `Could not sign out: ${(error as Error).message}` });
      return;
    }
    remember(""); // it stays a visitor's page after a reload
    this.#become({ ...this.#state, own: null });
    this.#continueAs(null, Promise.resolve(null));
  }

  /** Send requests with a typed token from now on, if the gateway accepts it. Returns what is wrong with it. */
  async useToken(text: string): Promise<string | null> {
    const token = text.trim().replace(/^Bearer\s+/i, "");
    if (!PRINTABLE.test(token)) return REFUSED; // fetch's own error would show it
    try {
      const viewer = await viewerOf(token);
      this.#typedTokens += 1;
      this.#continueAs(viewer, Promise.resolve(token), { typed: this.#typedTokens });
      return null;
    } catch (error) {
      return error instanceof Refused ? REFUSED : `Could not try the token: ${(error as Error).message}`;
    }
  }

  /** Continue as a visitor. Nothing of the typed token is left. */
  forgetToken(problem: string | null = null): void {
    this.#continueAs(null, Promise.resolve(null), { problem });
  }

  /** View as a company or a user from now on, or as yourself if it's null. */
  viewAs(viewAs: ViewedAs | null): void {
    this.#drop();
    this.#become({ ...this.#state, viewAs });
  }

  /** Send a request with its Authorization header; null for a visitor. After a 401, send it once more if there is a new token. */
  async send(request: (authorization: string | null) => Promise<Response>): Promise<Response> {
    const token = this.token;
    const response = await request(await header(token));
    if (response.status !== 401 || !this.#state.viewer) return response;
    const { typed } = this.#state;
    this.renew(token); // it has expired, or the gateway has a new key
    if (typed) return response;
    return request(await header(this.token));
  }

  /** The token of the viewer, once there is one. */
  get token(): Token {
    return this.#token;
  }

  /** Fetch a new token for the same viewer. Requests whose token was refused together share the new one. A typed token has no successor. */
  renew(refused: Token): void {
    if (this.#token !== refused) return;
    if (this.#state.typed) this.forgetToken(NO_LONGER);
    else this.#token = this.#signIn(this.#state.viewer);
  }

  /** Aborts when the viewer changes. */
  get signal(): AbortSignal {
    return this.#requests.signal;
  }

  readonly state = (): SessionState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #continueAs(viewer: Viewer | null, token: Token, more: Partial<Pick<SessionState, "typed" | "problem">> = {}): void {
    this.#drop();
    this.#token = token;
    this.#become({ ...this.#state, viewer, viewAs: null, typed: null, problem: null, ...more });
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

  /** Continue as a visitor, because the viewer got no token. */
  #lose(viewer: Viewer, problem: string, own: Viewer | null): void {
    if (this.#state.viewer !== viewer) return;
    forget();
    this.#become({ own, viewer: null, viewAs: null, typed: null, problem });
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

/** Return the Authorization header with a token. */
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
