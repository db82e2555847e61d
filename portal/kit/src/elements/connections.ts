// <crossgate-connections>: requests for connections between ports: to send, and to answer.

import { gql, html, type Hub, nothing } from "../core.js";
import { alertOf, Form, selectField, textField, textOf } from "../form.js";
import type * as gq from "../gql.js";
import { CrossgateList } from "../list.js";

const REQUEST = /* GraphQL */ `
  fragment ConnectionFields on ConnectionRequest {
    id name status rateLimitMbps createdAt reason viewerCan
    requester { tradingName }
    provider { tradingName }
    port { name }
    targetPort { name }
    waitsFor { side }
  }
`;
const LIST = gql<gq.ConnectionsQuery, gq.ConnectionsQueryVariables>(/* GraphQL */ `
  query Connections($last: Int, $before: String) {
    viewer { canTake(action: CONNECT, typeName: Port) }
    connectionRequests(last: $last, before: $before) {
      totalCount
      totalCountPrecision
      nodes { ...ConnectionFields }
      pageInfo { hasPreviousPage startCursor }
    }
  }
  ${REQUEST}
`);
const UPDATED = gql<gq.ConnectionUpdatedSubscription, object>(/* GraphQL */ `
  subscription ConnectionUpdated { connectionRequestUpdated { ...ConnectionFields } }
  ${REQUEST}
`);
const PORTS = gql<gq.ConnectableQuery, gq.ConnectableQueryVariables>(/* GraphQL */ `
  query Connectable {
    ports(first: 1000, filter: { status: ACTIVE }, orderBy: { field: NAME }) { nodes { id name speedMbps viewerCan location { id } } }
    locations(first: 1000) { nodes { id name } }
  }
`);
const TARGETS = gql<gq.TargetsQuery, gq.TargetsQueryVariables>(/* GraphQL */ `
  query Targets($locationId: ID!) {
    marketplacePorts(first: 1000, filter: { locationId: $locationId }) {
      nodes { id name speedMbps selectable viewerCan provider { companyName } }
    }
  }
`);
const REQUESTED = gql<gq.RequestConnectionMutation, gq.RequestConnectionMutationVariables>(/* GraphQL */ `
  mutation RequestConnection($input: RequestConnectionInput!) {
    requestConnection(input: $input) { connectionRequest { ...ConnectionFields } userErrors { code message field params { name value } } }
  }
  ${REQUEST}
`);
const ACCEPT = gql<gq.AcceptConnectionMutation, gq.AcceptConnectionMutationVariables>(/* GraphQL */ `
  mutation AcceptConnection($input: AcceptConnectionInput!) {
    decided: acceptConnection(input: $input) { connectionRequest { ...ConnectionFields } userErrors { code message field params { name value } } }
  }
  ${REQUEST}
`);
const DENY = gql<gq.DenyConnectionMutation, gq.DenyConnectionMutationVariables>(/* GraphQL */ `
  mutation DenyConnection($input: DenyConnectionInput!) {
    decided: denyConnection(input: $input) { connectionRequest { ...ConnectionFields } userErrors { code message field params { name value } } }
  }
  ${REQUEST}
`);
const WITHDRAW = gql<gq.WithdrawConnectionMutation, gq.WithdrawConnectionMutationVariables>(/* GraphQL */ `
  mutation WithdrawConnection($input: WithdrawConnectionInput!) {
    decided: withdrawConnection(input: $input) { connectionRequest { ...ConnectionFields } userErrors { code message field params { name value } } }
  }
  ${REQUEST}
`);

type Request = gq.ConnectionFieldsFragment;
interface Ends extends gq.ConnectableQuery {
  readonly locationId: string;
  readonly targets: gq.TargetsQuery["marketplacePorts"]["nodes"];
}
type Decision = gq.AcceptConnectionMutation["decided"];

export class CrossgateConnections extends CrossgateList<Request> {
  protected readonly name = "connections";
  protected readonly type = "ConnectionRequest";

  #can = false;
  #ends: Ends | undefined; // what the form offers, while it's open
  readonly #form = new Form(this, () => this.hub.words!);

  /** The newest first, so that a new request is where it's looked for. */
  protected override async page(last: number, before: string | null) {
    const { viewer, connectionRequests } = await this.query(LIST, { last, before });
    const { totalCount, totalCountPrecision, nodes, pageInfo } = connectionRequests;
    this.#can = viewer.canTake;
    return {
      totalCount,
      totalCountPrecision,
      nodes: [...nodes].reverse(),
      pageInfo: { hasNextPage: pageInfo.hasPreviousPage, endCursor: pageInfo.startCursor },
    };
  }

  protected override reset(): void {
    super.reset();
    this.#can = false;
    this.#ends = undefined;
  }

  protected override filters() {
    if (this.#ends) return this.#sheet(this.#ends);
    const open = () => this.#open();
    return this.#can ? html`<p class="actions"><button part="button" class="new" @click=${open}>${this.t("connections.new")}</button></p>` : nothing;
  }

  #sheet({ ports, locations, locationId, targets }: Ends) {
    const { errors, failure, sending } = this.#form;
    const words = this.hub.words!;
    const named = (id: string, name: string, mbps: number) => ({ value: id, label: `${name} (${words.speed(mbps)})` });
    const submit = (event: SubmitEvent) => {
      event.preventDefault();
      void this.#request(event.target as HTMLFormElement);
    };
    return html`
      <form part="form" class="card new" novalidate @submit=${submit}>
        <h3 part="card-heading">${this.t("connections.new")}</h3>
        ${alertOf(this.#form.others("portId", "targetPortId", "name", "rateLimitMbps"))} ${this.problem(failure)}
        ${selectField({
          id: "port",
          name: "portId",
          label: this.t("connections.port"),
          value: "",
          choices: ports.nodes.map(({ id, name, speedMbps }) => named(id, name, speedMbps)),
          errors: errors.portId,
        })}
        ${selectField({
          id: "location",
          name: "location",
          label: this.t("location"),
          value: locationId,
          choices: locations.nodes.map(({ id, name }) => ({ value: id, label: name })),
          onChange: (id) => this.attempt(() => this.#choose(id)),
        })}
        ${selectField({
          id: "target",
          name: "targetPortId",
          label: this.t("connections.target"),
          value: "",
          choices: targets.map(({ id, name, speedMbps, provider }) => named(id, `${provider.companyName}: ${name}`, speedMbps)),
          hint: targets.length ? "" : this.t("connections.nowhere"),
          errors: errors.targetPortId,
        })}
        ${textField({ id: "name", name: "name", label: this.t("name"), errors: errors.name })}
        ${textField({ id: "limit", name: "rateLimitMbps", type: "number", label: this.t("connections.limit"), value: "1000", errors: errors.rateLimitMbps })}
        <p class="actions">
          <button part="button" aria-disabled=${sending}>${this.t("connections.send")}</button>
          <button part="button" type="button" class="quiet" @click=${() => this.#close()}>${this.t("cancel")}</button>
        </p>
      </form>
    `;
  }

  async #open(): Promise<void> {
    this.#form.clear();
    await this.attempt(async () => {
      const { ports, locations } = await this.query(PORTS, {});
      const nodes = ports.nodes.filter(({ viewerCan }) => viewerCan.includes("CONNECT"));
      this.#ends = { ports: { nodes }, locations, locationId: "", targets: [] };
      await this.#choose(nodes[0]?.location.id ?? locations.nodes[0]?.id ?? "");
    });
    await this.#focusOn("form.new select");
  }

  /** Offer the ports of a location to connect to. */
  async #choose(locationId: string): Promise<void> {
    const { nodes } = (await this.query(TARGETS, { locationId })).marketplacePorts;
    const targets = nodes.filter(({ selectable, viewerCan }) => selectable && viewerCan.includes("CONNECT"));
    this.#ends = this.#ends && { ...this.#ends, locationId, targets };
  }

  async #close(): Promise<void> {
    this.#ends = undefined;
    await this.#focusOn("button.new");
  }

  async #focusOn(control: string): Promise<void> {
    this.requestUpdate();
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>(control)?.focus();
  }

  async #request(form: HTMLFormElement): Promise<void> {
    const text = (name: string) => textOf(form, name);
    const input = { portId: text("portId"), targetPortId: text("targetPortId"), name: text("name"), rateLimitMbps: Number(text("rateLimitMbps")) };
    const sent = await this.#form.send(async () => (await this.mutate(REQUESTED, { input })).requestConnection);
    if (!sent?.connectionRequest) return;
    const { id } = sent.connectionRequest;
    this.changed(this.type, id, "CONNECT");
    this.news = this.#newsOf(sent.connectionRequest);
    this.#ends = undefined;
    this.items = [sent.connectionRequest, ...this.items.filter((item) => item.id !== id)]; // its event can start another load
    await this.focusIn({ id });
    await this.refresh();
  }

  protected override follow(hub: Hub, signal: AbortSignal): void {
    void hub.follow(UPDATED, ({ connectionRequestUpdated: request }) => this.arrived(request, this.#newsOf(request)), signal);
  }

  protected override card(request: Request) {
    const words = this.hub.words!;
    return this.sheet(
      request,
      request.name,
      this.badge(request.status, this.t(`connection.${request.status}`)),
      [
        request.requester ? this.fact("connections.from", `${request.requester.tradingName} ${request.port?.name ?? ""}`) : nothing,
        request.provider ? this.fact("connections.to", `${request.provider.tradingName} ${request.targetPort?.name ?? ""}`) : nothing,
        this.fact("speed", words.speed(request.rateLimitMbps)),
        this.fact("date", words.date(request.createdAt)),
        request.waitsFor ? this.fact("waitsFor", this.t(`side.${request.waitsFor.side}`)) : nothing,
        request.reason ? this.fact("reason", request.reason) : nothing,
      ],
      this.#steps(request),
    );
  }

  #steps(request: Request) {
    const form = this.formOf(request);
    const { id, name, viewerCan } = request;
    const answer = [
      this.button(request, name, "connections.ACCEPT", () => this.#send(request, "ACCEPT", async () => (await this.mutate(ACCEPT, { input: { id } })).decided), ""),
      this.button(request, name, "connections.DENY", () => this.#deny(request)),
    ];
    const withdraw = async () => (await this.mutate(WITHDRAW, { input: { id } })).decided;
    return html`
      <form novalidate @submit=${(event: Event) => event.preventDefault()}>
        ${alertOf(form.others("reason"))} ${this.problem(form.failure)}
        ${viewerCan.includes("ANSWER")
          ? textField({ id: `${id}-reason`, name: "reason", label: this.t("connections.reason", { name }), hint: this.t("optional"), errors: form.errors.reason })
          : nothing}
        <p class="actions">
          ${viewerCan.includes("ANSWER") ? answer : nothing}
          ${viewerCan.includes("WITHDRAW") ? this.button(request, name, "connections.WITHDRAW", () => this.#send(request, "WITHDRAW", withdraw)) : nothing}
        </p>
      </form>
    `;
  }

  async #deny(request: Request): Promise<void> {
    const form = this.renderRoot.querySelector<HTMLFormElement>(`[aria-labelledby="${request.id}"] form`)!;
    const input = { id: request.id, reason: textOf(form, "reason") || null };
    await this.#send(request, "DENY", async () => (await this.mutate(DENY, { input })).decided);
  }

  async #send(request: Request, action: string, run: () => Promise<Decision>): Promise<void> {
    const decided = (await this.take(request, action, run))?.connectionRequest;
    if (!decided) return;
    this.news = this.#newsOf(decided);
    this.put(decided);
    await this.focusIn(decided);
  }

  #newsOf({ name, status }: Request): string {
    return this.t("connections.news", { name, status: this.t(`connection.${status}`) });
  }
}

customElements.define("crossgate-connections", CrossgateConnections);
