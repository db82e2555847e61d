// The access token of the signed-in user. All requests share one, and one renewal.

export type FetchToken = () => Promise<string | null>;

export class Tokens {
  readonly #fetch: FetchToken;
  #current: Promise<string | null> | undefined;

  /** `fetch` returns a new token, or null for a visitor. */
  constructor(fetch: FetchToken) {
    this.#fetch = fetch;
  }

  /** The current token. If there is none yet, it's fetched once for all callers. A failure is thrown, and not kept. */
  current(): Promise<string | null> {
    if (this.#current === undefined) {
      const fetched = this.#fetch();
      fetched.catch(() => this.refuse(fetched));
      this.#current = fetched;
    }
    return this.#current;
  }

  /** Forget a token that the gateway refused, unless another caller has renewed it already. */
  refuse(token: Promise<string | null>): void {
    if (this.#current === token) this.#current = undefined;
  }

  /** Forget the token, for instance because another user signed in. */
  clear(): void {
    this.#current = undefined;
  }
}
