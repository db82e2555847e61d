// The base of all elements: it waits for the connection, loads, shows failures, and shows nothing once the session has ended.

import { GatewayError, hiddenReason, type TypedDocument } from "@crossgate/client";
import { html, LitElement, nothing, type TemplateResult } from "lit";

import { connection, type Hub, join, leave, type Member, tell } from "./connection.js";
import type { Money, Values } from "./words.js";

export abstract class CrossgateElement extends LitElement implements Member {
  protected failure: Error | undefined;
  #following: AbortController | undefined;
  #loads = 0;
  #hub: Hub | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    join(this);
    this.connected();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    leave(this);
    this.#stop();
  }

  /** Called when the session, the words or the connection has changed. */
  connected(): void {
    const hub = connection();
    if (hub !== this.#hub) this.#stop();
    this.#hub = hub;
    if (hub?.status === "ready") this.#start();
    else this.#stop();
    this.requestUpdate();
  }

  async refresh(): Promise<void> {
    if (this.#following) await this.busy(() => this.load());
  }

  override render(): unknown {
    const words = this.#hub?.words;
    if (!words) return nothing;
    return html`
      <div part="root" class="root" lang=${words.locale} dir=${words.direction} aria-busy=${this.loading}>${this.#content()}</div>
    `;
  }

  /** Load what's shown. */
  protected abstract load(): Promise<void>;
  /** Forget what was loaded. */
  protected abstract reset(): void;
  protected abstract view(): unknown;
  /** Follow changes until the signal aborts. */
  protected follow(_hub: Hub, _signal: AbortSignal): void {}

  /** The connection. Elements are drawn only while there is one. */
  protected get hub(): Hub {
    return this.#hub!;
  }

  /** Whether anything is being loaded. Loads can overlap. */
  protected get loading(): boolean {
    return this.#loads > 0;
  }

  /** Aborts when the element leaves the page or the session ends. */
  protected get signal(): AbortSignal | undefined {
    return this.#following?.signal;
  }

  protected t(key: string, values?: Values): string {
    return this.hub.words!.text(key, values);
  }

  protected async query<Data, Variables>(document: TypedDocument<Data, Variables>, variables: Variables): Promise<Data> {
    const options = this.signal ? { signal: this.signal } : {};
    const { data } = await this.hub.run((client) => client.query(document, variables, options));
    await this.hub.dressed;
    return data;
  }

  protected async mutate<Data, Variables>(document: TypedDocument<Data, Variables>, variables: Variables): Promise<Data> {
    return (await this.hub.run((client) => client.mutate(document, variables))).data;
  }

  /** Run a load, and show that it runs. */
  protected async busy(load: () => Promise<void>): Promise<void> {
    this.#loads++;
    this.requestUpdate();
    await this.attempt(load);
    this.#loads--;
    this.requestUpdate();
  }

  /** Run something that can fail, and show its failure. Resolves to whether it succeeded. */
  protected async attempt(run: () => Promise<void>, signal = this.signal): Promise<boolean> {
    try {
      await run();
      this.failure = undefined;
      return true;
    } catch (cause) {
      if (!signal?.aborted) this.#fail(cause as Error);
      return false;
    } finally {
      this.requestUpdate();
    }
  }

  protected changed(type: string, id: string | undefined, action: string): void {
    tell(this, "cg-change", { type, id, action });
  }

  /** A price; if it's hidden, the reason in words. */
  protected price(of: object, field: string, money: Money | null | undefined): TemplateResult {
    if (money) return html`<span part="price" class="price">${this.hub.words!.money(money)}</span>`;
    return this.whyHidden(of, field) ?? html`<span>${this.t("none")}</span>`;
  }

  /** Why a field is hidden, in words, or undefined if it isn't. */
  protected whyHidden(of: object, field: string): TemplateResult | undefined {
    const reason = hiddenReason(of, field);
    return reason ? html`<span part="hidden" class="hidden">${this.t(`reason.${reason}`)}</span>` : undefined;
  }

  /** What to do about a failure, with the number that support asks for. */
  protected problem(failure: Error | undefined, retry?: () => void): unknown {
    if (!failure) return nothing;
    const { code, requestId } = failure instanceof GatewayError ? failure : { code: "", requestId: undefined };
    const known = this.hub.words!.has(`failure.${code}`) ? code : "OTHER";
    return html`
      <div part="failure" class="failure" role="alert">
        <p>${this.t(`failure.${known}`)}</p>
        ${requestId ? html`<p class="small">${this.t("failure.request", { id: requestId })}</p>` : nothing}
        ${retry ? html`<button part="button" class="quiet" @click=${retry}>${this.t("retry")}</button>` : nothing}
      </div>
    `;
  }

  #content(): unknown {
    const { status } = this.hub;
    if (status === "ready") return [this.problem(this.failure, () => void this.refresh()), this.view()];
    if (status === "starting") return html`<p part="notice" role="status">${this.t("loading")}</p>`;
    return html`<p part="notice" class="notice" role="alert">${this.t("session.ended")}</p>`;
  }

  #fail(failure: Error): void {
    this.failure = failure;
    const { code, status = 0 } = failure instanceof GatewayError ? failure : { code: "FAILED" };
    tell(this, "cg-error", { code, retryable: code === "NETWORK_ERROR" || status === 429 || status >= 500 });
  }

  #start(): void {
    if (this.#following || !this.isConnected) return;
    this.#following = new AbortController();
    this.follow(this.hub, this.#following.signal);
    void this.refresh();
  }

  #stop(): void {
    this.#following?.abort();
    this.#following = undefined;
    this.failure = undefined;
    this.reset();
  }
}
