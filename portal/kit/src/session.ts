// The session of the page: one token for all elements, renewed before its end. It never becomes a visitor's.

import { claimsOf } from "./claims.js";

const SECOND = 1000;
const LEAD = 60; // seconds before the end of a token at which it's renewed
const SPREAD = 15; // seconds by which pages that started together differ
const LONGEST_PAUSE = 60; // seconds between attempts
const LONGEST_TIMER = 2 ** 31 - 1; // a browser fires a longer one immediately

export type FetchToken = () => Promise<string>;
export type Status = "starting" | "ready" | "ended" | "signed-out";

/** What the session reports. */
export interface Watcher {
  changed(status: Status): void;
  expiring(expiresAt: Date): void;
  failed(code: string, retryable: boolean): void;
}

/** The host has no token, so another attempt is useless until the page calls `update()`. */
class NoToken extends Error {}

export class Session {
  status: Status = "starting";
  /** Tells the client to ask for the current token again. */
  forget: () => void = () => undefined;
  readonly #fetch: FetchToken;
  readonly #watcher: Watcher;
  #fresh: string | undefined;
  #running: Promise<string> | undefined;
  #endsAt = Infinity;
  #failures = 0;
  #timers: number[] = [];

  constructor(fetch: FetchToken, watcher: Watcher) {
    this.#fetch = fetch;
    this.#watcher = watcher;
  }

  /** The token for the client, which asks for one at the start and after the gateway refused the last one. */
  readonly token = async (): Promise<string> => {
    const fresh = this.#fresh;
    this.#fresh = undefined;
    if (fresh) return fresh;
    if (this.status === "ended" || this.status === "signed-out") throw new NoToken("The session has ended.");
    try {
      const token = await this.#request();
      this.#fresh = undefined; // this caller has it
      return token;
    } catch (cause) {
      this.#set("ended");
      throw cause;
    }
  };

  /** Get a new token. The old one stays in use until there is one. */
  async renew(): Promise<void> {
    if (this.status === "signed-out") return;
    try {
      await this.#request();
      this.forget();
      this.#set("ready");
    } catch {
      if (this.status === "starting") this.#set("ended");
    }
  }

  /** Try again now what failed, for instance because the network is back, and notice an end that a sleeping device missed. */
  retry(): void {
    if (Date.now() >= this.#endsAt) this.#set("ended");
    if (this.#failures || this.status === "ended") void this.renew();
  }

  /** The gateway refused a new token too. */
  refused(): void {
    if (this.status !== "ready") return;
    this.#stop();
    this.#set("ended");
    this.#watcher.failed("UNAUTHENTICATED", false);
  }

  signOut(): void {
    this.#stop();
    this.#fresh = undefined;
    this.#set("signed-out");
    this.forget();
  }

  #request(): Promise<string> {
    return (this.#running ??= this.#ask().finally(() => (this.#running = undefined)));
  }

  async #ask(): Promise<string> {
    try {
      const token: unknown = await this.#fetch();
      if (typeof token !== "string" || !token) throw new NoToken("fetchToken returned no token.");
      if (this.status !== "signed-out") this.#accept(token);
      return token;
    } catch (cause) {
      this.#failed(!(cause instanceof NoToken));
      throw cause;
    }
  }

  #accept(token: string): void {
    this.#stop();
    this.#failures = 0;
    this.#fresh = token;
    const seconds = lifetimeOf(token);
    this.#endsAt = Date.now() + seconds * SECOND;
    if (seconds === Infinity) return;
    const lead = Math.min(LEAD + Math.random() * SPREAD, seconds / 2); // a token of a minute lives for half of it
    this.#after(seconds - lead, () => this.#expiring());
    this.#after(seconds, () => this.#set("ended"));
  }

  #expiring(): void {
    this.#watcher.expiring(new Date(this.#endsAt));
    void this.renew();
  }

  #failed(retryable: boolean): void {
    if (this.status === "signed-out") return;
    this.#watcher.failed(retryable ? "TOKEN_RENEWAL_FAILED" : "NO_TOKEN", retryable);
    if (!retryable) return;
    const pause = Math.min(LONGEST_PAUSE, 2 ** this.#failures++);
    this.#after(pause * (0.5 + Math.random() / 2), () => void this.renew());
  }

  #set(status: Status): void {
    if (status === this.status || this.status === "signed-out") return;
    this.status = status;
    if (status === "ended") this.forget();
    this.#watcher.changed(status);
  }

  #after(seconds: number, run: () => void): void {
    this.#timers.push(window.setTimeout(run, Math.min(seconds * SECOND, LONGEST_TIMER)));
  }

  #stop(): void {
    this.#timers.forEach(clearTimeout);
    this.#timers = [];
  }
}

/** How many seconds a new token is valid. A device's clock can be wrong, so the token's own times count if it has both. */
function lifetimeOf(token: string): number {
  const { exp, iat = Date.now() / SECOND } = claimsOf<{ exp: number; iat: number }>(token);
  return typeof exp === "number" ? Math.max(1, exp - iat) : Infinity; // without a time, the gateway says when it has ended
}
