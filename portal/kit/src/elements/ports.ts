// <crossgate-ports>: the ports that the viewer can read, and what can be done with each.

import { type Hub, gql, html, nothing } from "../core.js";
import { alertOf, field, type Form, selectField, TERMS, textField, textOf } from "../form.js";
import type * as gq from "../gql.js";
import { CrossgateList } from "../list.js";

const PORT = /* GraphQL */ `
  fragment PortFields on Port {
    id name status speedMbps termMonths visibility version viewerCan viewerHides { field reason }
    monthlyRate { amount currency }
    location { name }
    waitsFor { side }
  }
`;
const LIST = gql<gq.PortsQuery, gq.PortsQueryVariables>(/* GraphQL */ `
  query Ports($first: Int, $after: String, $filter: PortFilter) {
    ports(first: $first, after: $after, filter: $filter, orderBy: { field: NAME }) {
      totalCount
      totalCountPrecision
      nodes { ...PortFields }
      pageInfo { hasNextPage endCursor }
    }
  }
  ${PORT}
`);
const FACETS = gql<gq.PortFacetsQuery, gq.PortFacetsQueryVariables>(/* GraphQL */ `
  query PortFacets($filter: PortFilter) { portFacets(filter: $filter) { totalCount statuses { status count } } }
`);
const UPDATED = gql<gq.PortUpdatedSubscription, object>(/* GraphQL */ `subscription PortUpdated { portUpdated { ...PortFields } } ${PORT}`);
const CREATED = gql<gq.PortCreatedSubscription, object>(/* GraphQL */ `subscription PortCreated { portCreated { id } }`);
const UPDATE = gql<gq.UpdatePortMutation, gq.UpdatePortMutationVariables>(/* GraphQL */ `
  mutation UpdatePort($input: UpdatePortInput!) {
    changed: updatePort(input: $input) { port { ...PortFields } userErrors { code message field params { name value } } }
  }
  ${PORT}
`);
const ENABLE = gql<gq.EnablePortMutation, gq.EnablePortMutationVariables>(/* GraphQL */ `
  mutation EnablePort($input: EnablePortInput!) {
    changed: enablePort(input: $input) { port { ...PortFields } userErrors { code message field params { name value } } }
  }
  ${PORT}
`);
const DISABLE = gql<gq.DisablePortMutation, gq.DisablePortMutationVariables>(/* GraphQL */ `
  mutation DisablePort($input: DisablePortInput!) {
    changed: disablePort(input: $input) { port { ...PortFields } userErrors { code message field params { name value } } }
  }
  ${PORT}
`);
const CANCEL = gql<gq.CancelPortMutation, gq.CancelPortMutationVariables>(/* GraphQL */ `
  mutation CancelPort($input: CancelPortInput!) {
    changed: cancelPort(input: $input) { port { ...PortFields } userErrors { code message field params { name value } } }
  }
  ${PORT}
`);
const DECOMMISSION = gql<gq.DecommissionPortMutation, gq.DecommissionPortMutationVariables>(/* GraphQL */ `
  mutation DecommissionPort($input: DecommissionPortInput!) {
    changed: decommissionPort(input: $input) { port { ...PortFields } userErrors { code message field params { name value } } }
  }
  ${PORT}
`);

type Port = gq.PortFieldsFragment;
type Action = Port["viewerCan"][number];

const STEPS = { ENABLE, DISABLE, CANCEL, DECOMMISSION } as const;
const FINAL: readonly string[] = ["CANCEL", "DECOMMISSION"]; // nobody can take them back, so they're confirmed
const FIELDS = { UPDATE: "name", CHANGE_TERM: "termMonths" } as const; // of the form of an edit
const TYPING = 250; // milliseconds of rest before a search

type Step = keyof typeof STEPS;
type Edit = "UPDATE" | "CHANGE_TERM";
const isEdit = (step: string | undefined): step is Edit => step === "UPDATE" || step === "CHANGE_TERM";

export class CrossgatePorts extends CrossgateList<Port> {
  protected readonly name = "ports";
  protected readonly type = "Port";
  #filter: gq.PortFilter = {};
  #facets: gq.PortFacetsQuery["portFacets"] | undefined;
  #typing: ReturnType<typeof setTimeout> | undefined;
  #open: { readonly id: string; readonly step: Edit | Step } | undefined;

  protected override async page(first: number, after: string | null) {
    const filter = this.#filter;
    const { status: _, ...others } = filter;
    const [{ ports }, { portFacets }] = await Promise.all([
      this.query(LIST, { first, after, filter }),
      this.query(FACETS, { filter: others }),
    ]);
    this.#facets = portFacets;
    return ports;
  }

  protected override reset(): void {
    super.reset();
    this.#facets = this.#open = undefined;
  }

  protected override follow(hub: Hub, signal: AbortSignal): void {
    const news = (port: Port) => this.t("ports.news", { name: port.name, status: this.t(`port.${port.status}`) });
    void hub.follow(UPDATED, ({ portUpdated }) => this.arrived(portUpdated, news(portUpdated)), signal);
    void hub.follow(CREATED, () => void this.refresh(), signal);
  }

  protected override filters() {
    const found = this.#facets?.statuses ?? [];
    const chosen = this.#filter.status;
    const statuses = !chosen || found.some(({ status }) => status === chosen) ? found : [...found, { status: chosen, count: 0 }];
    const choices = statuses.map(({ status, count }) => ({ value: status, label: this.t("facet", { name: this.t(`port.${status}`), number: count }) }));
    return html`
      <form part="filters" class="filters" role="search" aria-label=${this.t("ports.title")} @submit=${(event: Event) => event.preventDefault()}>
        ${field(
          { id: "search", label: this.t("search") },
          ({ id }) => html`<input part="input search" id=${id} type="search" maxlength="200" @input=${this.#typed} />`,
        )}
        ${selectField({
          id: "status",
          name: "status",
          label: this.t("status"),
          value: chosen ?? "",
          choices: [{ value: "", label: this.t("all") }, ...choices],
          onChange: (status) => this.#choose({ status: (status || null) as gq.PortFilter["status"] }),
        })}
      </form>
    `;
  }

  protected override card(port: Port) {
    const form = this.formOf(port);
    const open = this.#open?.id === port.id ? this.#open.step : undefined;
    return this.sheet(
      port,
      port.name,
      this.badge(port.status, this.t(`port.${port.status}`)),
      [
        this.fact("location", port.location.name),
        this.fact("speed", this.hub.words!.speed(port.speedMbps)),
        this.fact("term", this.hub.words!.months(port.termMonths)),
        this.fact("monthly", this.price(port, "monthlyRate", port.monthlyRate)),
        port.waitsFor ? this.fact("waitsFor", this.t(`side.${port.waitsFor.side}`)) : nothing,
      ],
      html`
        ${isEdit(open) ? this.#editing(port, form, open) : open ? this.#confirming(port, open) : nothing}
        ${alertOf(form.others(...(isEdit(open) ? [FIELDS[open]] : [])))} ${this.problem(form.failure)}
        ${open ? nothing : html`<p class="actions">${port.viewerCan.map((action) => this.#action(port, action))}</p>`}
      `,
    );
  }

  #action(port: Port, action: Action) {
    if (isEdit(action)) return this.button(port, port.name, `step.${action}`, () => this.#show(port, action));
    if (action === "PUBLISH") return this.#publishing(port);
    if (!(action in STEPS)) return nothing;
    const step = action as Step;
    const isFinal = FINAL.includes(step);
    return this.button(port, port.name, `step.${step}`, () => (isFinal ? this.#show(port, step) : this.#take(port, step)), isFinal ? "danger" : "quiet");
  }

  #publishing(port: Port) {
    const visibility = port.visibility === "PUBLIC" ? "PRIVATE" : "PUBLIC";
    return this.button(port, port.name, `step.${visibility}`, () => this.#edit(port, "PUBLISH", { visibility }));
  }

  #editing(port: Port, form: Form, edit: Edit) {
    const submit = (event: SubmitEvent) => {
      event.preventDefault();
      const text = textOf(event.target as HTMLFormElement, FIELDS[edit]);
      void this.#edit(port, edit, edit === "UPDATE" ? { name: text } : { termMonths: Number(text) });
    };
    return html`
      <form novalidate @submit=${submit}>
        ${edit === "UPDATE"
          ? textField({ id: `${port.id}-name`, name: "name", label: this.t("ports.newName"), value: port.name, errors: form.errors.name })
          : selectField({
              id: `${port.id}-term`,
              name: "termMonths",
              label: this.t("term"),
              hint: this.t("ports.newTerm"),
              value: String(port.termMonths),
              choices: TERMS.map((count) => ({ value: String(count), label: this.hub.words!.months(count) })),
              errors: form.errors.termMonths,
            })}
        <p class="actions">
          <button part="button" aria-disabled=${form.sending}>${this.t("save")}</button>
          ${this.button(port, "", "cancel", () => this.#close(port))}
        </p>
      </form>
    `;
  }

  #confirming(port: Port, step: Step) {
    return html`
      <div role="group" aria-label=${this.t(`step.${step}`)}>
        <p>${this.t("ports.final", { name: port.name })}</p>
        <p class="actions">
          ${this.button(port, "", `step.${step}`, () => this.#take(port, step), "danger")}
          ${this.button(port, "", "ports.keep", () => this.#close(port))}
        </p>
      </div>
    `;
  }

  async #show(port: Port, step: Edit | Step): Promise<void> {
    this.#open = { id: port.id, step };
    this.formOf(port).clear();
    await this.focusIn(port, "form :is(input, select), [role=group] .quiet");
  }

  /** Close what's open in a card. The focus stays in the card. */
  async #close(port: Port): Promise<void> {
    this.#open = undefined;
    await this.focusIn(port);
  }

  async #edit(port: Port, action: string, change: Partial<gq.UpdatePortInput>): Promise<void> {
    const input = { id: port.id, version: port.version!, ...change };
    await this.#send(port, action, async () => (await this.mutate(UPDATE, { input })).changed);
  }

  async #take(port: Port, step: Step): Promise<void> {
    await this.#send(port, step, async () => (await this.mutate(STEPS[step], { input: { id: port.id } })).changed);
  }

  async #send(port: Port, action: string, run: () => Promise<gq.UpdatePortMutation["changed"]>): Promise<void> {
    const sent = await this.take(port, action, run);
    if (!sent?.port) return;
    this.put(sent.port);
    await this.#close(port);
  }

  #typed = (event: Event): void => {
    const search = (event.target as HTMLInputElement).value;
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.#choose({ search }), TYPING);
  };

  #choose(change: gq.PortFilter): void {
    this.#filter = { ...this.#filter, ...change };
    this.restart();
  }
}

customElements.define("crossgate-ports", CrossgatePorts);
