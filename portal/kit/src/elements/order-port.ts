// <crossgate-order-port>: the form to order a port. All problems of the order appear at their fields.

import { CrossgateElement, gql, html, nothing } from "../core.js";
import { alertOf, Form, selectField, TERMS, textField, textOf } from "../form.js";
import type * as gq from "../gql.js";
import { looks } from "../styles.js";

const ORDERABLE = gql<gq.OrderableQuery, gq.OrderableQueryVariables>(/* GraphQL */ `
  query Orderable {
    viewer { company { id viewerCan } }
    locations(orderable: true, first: 1000) { nodes { id name speedsMbps } }
  }
`);
const ORDER = gql<gq.OrderPortMutation, gq.OrderPortMutationVariables>(/* GraphQL */ `
  mutation OrderPort($input: OrderPortInput!) {
    orderPort(input: $input) {
      port { id name }
      orderApproval { id name waitsFor { side until } }
      userErrors { code message field params { name value } }
    }
  }
`);

const QUOTE = gql<gq.QuoteQuery, gq.QuoteQueryVariables>(/* GraphQL */ `
  query Quote($input: QuoteInput!) {
    quote(input: $input) { lines { problem monthlyRate { amount currency } setupFee { amount currency } } }
  }
`);

const PRICED: readonly string[] = ["locationId", "speedMbps", "termMonths"]; // what the price depends on

type Ordered = gq.OrderPortMutation["orderPort"];

export class CrossgateOrderPort extends CrossgateElement {
  static override styles = looks;
  #data: gq.OrderableQuery | undefined;
  #location = "";
  #ordered: Ordered | undefined;
  #quoted: gq.QuoteQuery | undefined;
  #turn = 0;
  readonly #form = new Form(this, () => this.hub.words!);

  protected override async load(): Promise<void> {
    this.#data = await this.query(ORDERABLE, {});
  }

  protected override reset(): void {
    this.#data = this.#ordered = this.#quoted = undefined;
    this.#location = "";
  }

  protected override view() {
    return html`<h2 part="heading" tabindex="-1">${this.t(this.#ordered ? "order.done" : "order.title")}</h2>${this.#body()}`;
  }

  #body() {
    if (!this.#data) return this.failure ? nothing : html`<p role="status">${this.t("loading")}</p>`;
    if (this.#ordered) return this.#done(this.#ordered);
    const can = this.#data.viewer.company?.viewerCan.includes("ORDER_PORT");
    return can ? this.#sheet(this.#data.locations.nodes) : html`<p part="notice" class="notice">${this.t("order.forbidden")}</p>`;
  }

  #sheet(locations: gq.OrderableQuery["locations"]["nodes"]) {
    const { errors, failure, sending } = this.#form;
    const words = this.hub.words!;
    const speeds = locations.find(({ id }) => id === this.#location)?.speedsMbps ?? [];
    const unset = { value: "", label: this.t("choose") };
    return html`
      <form part="form" class="card" novalidate @submit=${this.#submit} @change=${this.#changed}>
        ${alertOf(this.#form.others("locationId", "name", "speedMbps", "termMonths", "costCentre"))} ${this.problem(failure)}
        ${selectField({
          id: "location",
          name: "locationId",
          label: this.t("location"),
          value: this.#location,
          choices: [unset, ...locations.map(({ id, name }) => ({ value: id, label: name }))],
          errors: this.#location ? errors.locationId : errors.locationId && [this.t("order.noLocation")],
          onChange: (id) => ((this.#location = id), this.requestUpdate()),
        })}
        ${textField({ id: "name", name: "name", label: this.t("name"), errors: errors.name })}
        ${selectField({
          id: "speed",
          name: "speedMbps",
          label: this.t("speed"),
          value: String(speeds[0] ?? ""),
          choices: speeds.length ? speeds.map((mbps) => ({ value: String(mbps), label: words.speed(mbps) })) : [unset],
          errors: errors.speedMbps,
        })}
        ${selectField({
          id: "term",
          name: "termMonths",
          label: this.t("term"),
          value: String(TERMS[1]),
          choices: TERMS.map((count) => ({ value: String(count), label: words.months(count) })),
          errors: errors.termMonths,
        })}
        ${textField({ id: "cost-centre", name: "costCentre", label: this.t("order.costCentre"), hint: this.t("optional"), errors: errors.costCentre })}
        <dl role="status">${this.#quoted ? this.#price(this.#quoted) : nothing}</dl>
        <p class="actions"><button part="button" aria-disabled=${sending}>${this.t("order.send")}</button></p>
      </form>
    `;
  }

  /** What the port would cost, or why that's hidden, or why it can't be ordered. */
  #price(quoted: gq.QuoteQuery) {
    const line = quoted.quote?.lines[0];
    if (!line) return html`<div><dt>${this.t("monthly")}</dt><dd>${this.whyHidden(quoted, "quote")}</dd></div>`;
    const problem = line.problem && html`<div part="hint" class="hint">${this.t(`order.${line.problem}`)}</div>`;
    return html`
      <div><dt>${this.t("monthly")}</dt><dd>${this.price(line, "monthlyRate", line.monthlyRate)}</dd></div>
      <div><dt>${this.t("order.setup")}</dt><dd>${this.price(line, "setupFee", line.setupFee)}</dd></div>
      ${problem}
    `;
  }

  #changed = async (event: Event): Promise<void> => {
    const control = event.target as HTMLInputElement;
    if (!PRICED.includes(control.name)) return;
    const turn = ++this.#turn;
    this.#quoted = undefined; // of what was chosen before
    this.requestUpdate();
    await this.updateComplete; // another location has other speeds
    const form = control.form!;
    const input = { locationId: textOf(form, "locationId"), ...numbersOf(form) };
    const quoted = input.locationId ? await this.query(QUOTE, { input: { ports: [input] } }).catch(() => undefined) : undefined;
    if (turn === this.#turn) this.#quoted = quoted;
    this.requestUpdate();
  };

  #done({ port, orderApproval }: Ordered) {
    const until = orderApproval?.waitsFor?.until;
    const date = until ? this.hub.words!.date(until) : "";
    const name = port?.name ?? orderApproval?.name ?? "";
    const key = port ? "order.ordered" : until ? "order.waitsUntil" : "order.waits";
    const again = () => {
      this.#ordered = undefined;
      this.requestUpdate();
    };
    return html`
      <p part="notice" role="status">${this.t(key, { name, date })}</p>
      <p class="actions"><button part="button" class="quiet" @click=${again}>${this.t("order.again")}</button></p>
    `;
  }

  #submit = (event: SubmitEvent): void => {
    event.preventDefault();
    void this.#order(event.target as HTMLFormElement);
  };

  async #order(form: HTMLFormElement): Promise<void> {
    const input = {
      locationId: textOf(form, "locationId"),
      name: textOf(form, "name"),
      ...numbersOf(form),
      costCentre: textOf(form, "costCentre") || null,
    };
    const ordered = await this.#form.send(async () => (await this.mutate(ORDER, { input })).orderPort);
    if (!ordered) return;
    this.#ordered = ordered;
    this.#quoted = undefined;
    this.#location = "";
    this.changed(ordered.port ? "Port" : "OrderApproval", ordered.port?.id ?? ordered.orderApproval?.id, "ORDER_PORT");
    this.requestUpdate();
    await this.updateComplete;
    this.renderRoot.querySelector("h2")?.focus();
  }
}

function numbersOf(form: HTMLFormElement): { speedMbps: number; termMonths: number } {
  return { speedMbps: Number(textOf(form, "speedMbps")), termMonths: Number(textOf(form, "termMonths")) };
}

customElements.define("crossgate-order-port", CrossgateOrderPort);
