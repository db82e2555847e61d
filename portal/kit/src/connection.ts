// The connection that all elements of a page share: client, session, words and appearance.

import { type Client, createClient, GatewayError, type TypedDocument } from "@crossgate/client";

import { type Appearance, propertiesOf } from "./appearance.js";
import type * as gq from "./gql.js";
import { liveStream } from "./live.js";
import type { Changes, ConnectOptions } from "./options.js";
import { Session, type Status } from "./session.js";
import { loadWords, type Words } from "./words.js";

const REFRESH = 30; // seconds; a partner's defaults, for instance, send no event
const LONGEST_PAUSE = 30_000; // milliseconds between attempts to follow changes

const APPEARANCE = gql<gq.StoredAppearanceQuery, object>(/* GraphQL */ `
  query StoredAppearance {
    viewer {
      company {
        accountKind
        portalAppearance {
          productName colorScheme accentColor accentTextColor backgroundColor textColor fontFamily borderRadius density locale
          logo { url }
        }
      }
    }
  }
`);

const SETTINGS = gql<gq.SettingsChangedSubscription, object>(/* GraphQL */ `subscription SettingsChanged { managedAccountUpdated { id } }`);

export type Stored = NonNullable<NonNullable<gq.StoredAppearanceQuery["viewer"]["company"]>["portalAppearance"]>;

/** An element of the page, as the connection sees it. */
export interface Member extends EventTarget {
  /** The session, the words or the connection has changed. */
  connected(): void;
  /** Load what's shown again. */
  refresh(): Promise<void>;
}

const members = new Set<Member>();
const sheet = new CSSStyleSheet();
let current: Hub | undefined;

/** The connection of the page, once its words have been loaded. */
export function connection(): Hub | undefined {
  return current?.words && current;
}

export function join(member: Member): void {
  members.add(member);
}

export function leave(member: Member): void {
  members.delete(member);
}

/** Connect the page. An earlier connection ends. */
export function open(options: ConnectOptions): Hub {
  current?.close();
  current = new Hub(options);
  void current.start();
  return current;
}

/** Dispatch an event that leaves shadow roots and bubbles up to the page. */
export function tell(target: EventTarget, name: string, detail: object): void {
  target.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, detail }));
}

/** Mark the text of a document with the types of its result and variables. */
export function gql<Data, Variables>(text: string): TypedDocument<Data, Variables> {
  return text as TypedDocument<Data, Variables>;
}

export class Hub {
  words: Words | undefined;
  /** What the company, or its partner, has stored about its portal. */
  stored: Stored | undefined;
  /** Resolves once the stored appearance is applied, so that nothing is shown in other looks first. */
  dressed: Promise<void> = Promise.resolve();
  readonly client: Client;
  readonly session: Session;
  readonly #closed = new AbortController();
  readonly #refreshSeconds: number;
  #following: AbortController | undefined;
  #own: Changes;
  #spoken = "";

  constructor({ endpoint, fetchToken, refreshSeconds = REFRESH, ...own }: ConnectOptions) {
    this.#own = own;
    this.#refreshSeconds = refreshSeconds;
    this.#wear();
    this.session = new Session(fetchToken, {
      changed: (status) => this.#changed(status),
      expiring: (expiresAt) => tell(document.documentElement, "cg-token-expiring", { expiresAt }),
      failed: (code, retryable) => tell(document.documentElement, "cg-error", { code, retryable }),
    });
    const stream = liveStream(() => this.#refresh());
    this.client = createClient({ url: new URL(endpoint, location.href).href, fetchToken: this.session.token, stream });
    this.session.forget = () => this.client.tokens.clear();
  }

  get status(): Status {
    return this.session.status;
  }

  async start(): Promise<void> {
    this.#watch();
    const renewed = this.session.renew();
    await this.#speak();
    await renewed;
  }

  async update(changes: Changes = {}): Promise<void> {
    this.#own = { ...this.#own, ...changes };
    this.#wear();
    await this.#speak();
    if (this.status === "ended") return this.session.renew();
    if (this.status === "ready") await Promise.all([this.dress(), this.#refresh()]);
  }

  /** Load the stored appearance and apply it. If that fails, the looks stay as they are. */
  dress(): Promise<void> {
    return (this.dressed = this.#dress().catch(() => undefined));
  }

  /** Read a file of the gateway, which needs the token. */
  async file(url: string): Promise<Blob> {
    const { pathname, search } = new URL(url, this.client.url);
    const response = await this.client.fetch(new URL(`${pathname}${search}`, this.client.url).href); // the token goes to this gateway only
    if (!response.ok) throw new GatewayError("The file can't be read.", { code: "BAD_RESPONSE", status: response.status });
    return response.blob();
  }

  signOut(): void {
    this.session.signOut();
  }

  close(): void {
    this.signOut();
    this.#closed.abort();
  }

  /** Run an operation. A token that the gateway refuses twice ends the session. */
  async run<Answer>(operation: (client: Client) => Promise<Answer>): Promise<Answer> {
    try {
      return await operation(this.client);
    } catch (error) {
      if (error instanceof GatewayError && error.status === 401) this.session.refused();
      throw error;
    }
  }

  /** Follow a subscription until the signal aborts, through all interruptions. */
  async follow<Data>(document: TypedDocument<Data, object>, onEvent: (data: Data) => void, signal: AbortSignal): Promise<void> {
    for (let attempt = 0; !signal.aborted; attempt++) {
      const events = this.client.subscribe(document);
      const end = () => void events.return?.()?.catch(() => undefined);
      signal.addEventListener("abort", end);
      try {
        for await (const { data } of events) {
          attempt = 0;
          onEvent(data);
        }
      } catch {
        // Visible elements load again regularly, so a page without a socket is only later.
      }
      signal.removeEventListener("abort", end);
      await pause(Math.min(LONGEST_PAUSE, 1000 * 2 ** attempt), signal);
    }
  }

  #changed(status: Status): void {
    this.#following?.abort();
    this.#following = undefined;
    if (status === "ready") void this.dress();
    for (const member of members) member.connected();
    if (status === "ready") tell(document.documentElement, "cg-ready", {});
  }

  async #refresh(): Promise<void> {
    if (this.status === "ready") await Promise.all(Array.from(members, (member) => member.refresh()));
  }

  #watch(): void {
    const signal = this.#closed.signal;
    const again = () => {
      if (document.hidden) return;
      this.session.retry();
      void this.#refresh();
    };
    const timer = setInterval(() => document.hidden || void this.#refresh(), this.#refreshSeconds * 1000);
    signal.addEventListener("abort", () => clearInterval(timer));
    document.addEventListener("visibilitychange", again, { signal });
    window.addEventListener("online", again, { signal });
  }

  async #dress(): Promise<void> {
    const { data } = await this.run((client) => client.query(APPEARANCE));
    if (this.#closed.signal.aborted) return;
    const { company } = data.viewer;
    this.stored = company?.portalAppearance ?? undefined;
    this.#wear();
    if (company?.accountKind === "MANAGED") this.#followSettings();
    await this.#speak();
  }

  /** Show at once what the partner has switched. Pages of others have no such switches, and need no socket for them. */
  #followSettings(): void {
    if (this.#following || this.status !== "ready") return;
    this.#following = new AbortController();
    void this.follow(SETTINGS, () => document.hidden || void this.#refresh(), this.#following.signal);
  }

  get #locale(): string {
    return this.#own.locale || this.stored?.locale || document.documentElement.lang || navigator.language;
  }

  async #speak(): Promise<void> {
    const locale = this.#locale;
    if (locale === this.#spoken) return;
    this.#spoken = locale;
    const words = await loadWords(locale);
    if (locale !== this.#spoken) return; // another one has been chosen meanwhile
    this.words = words;
    for (const member of members) member.connected();
  }

  /** Apply the appearance to the page. Its own style sheets win over what is stored, wherever they are in the order of sheets. */
  #wear(): void {
    sheet.replaceSync(":where(:root) {} :root {}");
    const [stored, own] = sheet.cssRules as unknown as Iterable<CSSStyleRule>;
    set(stored!, this.stored && propertiesOf(this.stored));
    set(own!, this.#own.appearance);
    if (!document.adoptedStyleSheets.includes(sheet)) document.adoptedStyleSheets.push(sheet);
  }
}

function set({ style }: CSSStyleRule, appearance: Appearance = {}): void {
  for (const [name, value] of Object.entries(appearance)) style.setProperty(`--cg-${name}`, value);
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
