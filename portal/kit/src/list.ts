// Lists: endless scrolling, live changes, and loading again without losing the place.

import { repeat } from "lit/directives/repeat.js";

import { CrossgateElement, html, nothing, type PropertyValues, type TemplateResult } from "./core.js";
import { Form, type Sent } from "./form.js";
import { looks } from "./styles.js";

const LONGEST = 1000; // items that one page of the gateway can have

interface Item {
  readonly id: string;
}

export interface Page<Node> {
  readonly totalCount: number;
  readonly totalCountPrecision: string;
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor?: string | null | undefined };
}

export abstract class CrossgateList<Node extends Item> extends CrossgateElement {
  static override styles = looks;
  static override properties = { pageSize: { type: Number, attribute: "page-size" } };
  declare pageSize: number;

  protected items: readonly Node[] = [];
  protected total: number | undefined;
  #isExact = true; // whether there are no more than `total`
  protected news = "";
  #end: Page<Node>["pageInfo"] | undefined;
  #turn = 0;
  #length = 0;
  #observer: IntersectionObserver | undefined;
  readonly #forms = new Map<string, Form>();
  readonly #newer = new Map<string, Node>(); // what has changed since the last load began

  constructor() {
    super();
    this.pageSize = 20;
  }

  /** Read a page of the list. */
  protected abstract page(first: number, after: string | null): Promise<Page<Node>>;
  protected abstract card(item: Node): unknown;
  /** The beginning of the keys of this list's words. */
  protected abstract readonly name: string;
  /** The type of the items, for the host. */
  protected abstract readonly type: string;

  protected async load(): Promise<void> {
    await this.#read(Math.min(LONGEST, Math.max(this.pageSize, this.#length)), null);
  }

  protected reset(): void {
    this.#turn++;
    this.items = [];
    this.#length = 0;
    this.total = this.#end = undefined;
    this.news = "";
    this.#forms.clear();
  }

  /** Start at the beginning, for instance with another filter. The old items stay until the new ones are there. */
  protected restart(): void {
    this.#length = 0;
    void this.refresh();
  }

  protected async loadMore(): Promise<void> {
    if (this.loading || !this.#end?.hasNextPage) return;
    const { endCursor = null } = this.#end;
    await this.busy(() => this.#read(this.pageSize, endCursor, this.items));
  }

  /** Show a changed item in its place. Returns whether it's in the list. */
  protected put(changed: Node): boolean {
    const known = this.items.some(({ id }) => id === changed.id);
    this.#newer.set(changed.id, changed);
    this.items = this.items.map((item) => this.#newer.get(item.id) ?? item);
    this.requestUpdate();
    return known;
  }

  /** Show an item that an event brings. A change of others is said; the answer of an own step has words of its own. */
  protected arrived(changed: Node, news: string): void {
    const shown = this.items.find(({ id }) => id === changed.id);
    const isOwn = this.formOf(changed).sending || JSON.stringify(shown) === JSON.stringify(changed);
    if (!isOwn) this.news = news;
    if (!this.put(changed)) void this.refresh();
  }

  /** What was said about the last step of an item. */
  protected formOf({ id }: Item): Form {
    let form = this.#forms.get(id);
    if (!form) this.#forms.set(id, (form = new Form(this, () => this.hub.words!)));
    return form;
  }

  /** Take a step of an item. Resolves to its payload once the step is taken. */
  protected async take<Payload extends Sent>(item: Item, action: string, run: () => Promise<Payload>): Promise<Payload | undefined> {
    const sent = await this.formOf(item).send(run);
    if (sent) this.changed(this.type, item.id, action);
    return sent;
  }

  /** Move the focus to the first of these controls in the card of an item, or else to its heading. */
  protected async focusIn({ id }: Item, controls = "button"): Promise<void> {
    this.requestUpdate();
    await this.updateComplete;
    this.#focus(`[aria-labelledby="${id}"] :is(${controls})`, `[aria-labelledby="${id}"] h3`, "h2");
  }

  /** A card with its heading, its status, and facts. */
  protected sheet(item: Item, title: string, status: unknown, facts: readonly unknown[], rest: unknown): TemplateResult {
    return html`
      <article part="card" class="card" aria-labelledby=${item.id}>
        <header><h3 part="card-heading" id=${item.id} tabindex="-1">${title}</h3>${status}</header>
        <dl>${facts}</dl>
        ${rest}
      </article>
    `;
  }

  protected badge(value: string, text: string): TemplateResult {
    return html`<span part="status" class="status" data-status=${value}>${text}</span>`;
  }

  protected fact(label: string, value: unknown): TemplateResult {
    return html`<div><dt>${this.t(label)}</dt><dd>${value}</dd></div>`;
  }

  /** A button of an item. Its name says which item it's for. */
  protected button(item: Item, title: string, label: string, run: () => unknown, kind = "quiet"): TemplateResult {
    return html`
      <button part="button" type="button" class=${kind} aria-disabled=${this.formOf(item).sending} @click=${() => this.formOf(item).sending || run()}>
        ${this.t(label)} <span class="unseen">${title}</span>
      </button>
    `;
  }

  protected heading(): unknown {
    return html`<h2 part="heading" tabindex="-1">${this.t(`${this.name}.title`)}</h2>`;
  }

  protected filters(): unknown {
    return nothing;
  }

  protected override view(): TemplateResult {
    const key = this.#isExact ? `${this.name}.count` : "count.atLeast";
    const count = this.total === undefined ? this.t("loading") : this.t(key, { count: this.total });
    return html`
      ${this.heading()}
      ${this.filters()}
      <p part="count" role="status" class="small">${this.total === undefined && this.failure ? "" : count}</p>
      <p role="status" class="unseen">${this.news}</p>
      <ul part="list">
        ${repeat(this.items, ({ id }) => id, (item) => html`<li>${this.card(item)}</li>`)}
      </ul>
      ${this.#end?.hasNextPage ? this.#more() : nothing}
    `;
  }

  /** Keeps the focus in the list: in the same control, in its card, or at the heading. */
  protected override update(changes: PropertyValues): void {
    const root = this.renderRoot as ShadowRoot;
    const focused = root.activeElement as HTMLElement | null;
    const key = focused?.closest("article")?.getAttribute("aria-labelledby");
    super.update(changes);
    if (!focused || root.activeElement) return;
    if (focused.isConnected) focused.focus({ preventScroll: true });
    else this.#focus(`[aria-labelledby="${key}"] button`, `[aria-labelledby="${key}"] h3`, "h2");
  }

  protected override updated(): void {
    this.#observer?.disconnect();
    const more = this.renderRoot.querySelector(".more");
    if (!more || this.loading || this.failure) return;
    this.#observer ??= new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && void this.loadMore(), {
      rootMargin: "400px",
    });
    this.#observer.observe(more);
  }

  /** It loads more when it's scrolled into view, and is a button for the keyboard. */
  #more(): TemplateResult {
    return html`
      <button part="button more" class="quiet more" @click=${() => this.loadMore()}>${this.t(this.loading ? "loading" : "more")}</button>
    `;
  }

  #focus(...places: readonly string[]): void {
    for (const place of places) {
      const found = this.renderRoot.querySelector<HTMLElement>(place);
      if (found) return found.focus();
    }
  }

  async #read(first: number, after: string | null, earlier: readonly Node[] = []): Promise<void> {
    const turn = ++this.#turn;
    this.#newer.clear();
    const page = await this.page(first, after);
    if (turn !== this.#turn) return;
    this.items = [...earlier, ...page.nodes].map((item) => this.#newer.get(item.id) ?? item);
    this.#length = this.items.length;
    this.total = page.totalCount;
    this.#isExact = page.totalCountPrecision === "EXACT";
    this.#end = page.pageInfo;
  }
}
