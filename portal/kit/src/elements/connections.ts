// <crossgate-connections>: requests for connections between ports, and the answers to them.

import { gql, html, type Hub, nothing } from "../core.js";
import { alertOf, textField, textOf } from "../form.js";
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
  query Connections($first: Int, $after: String) {
    connectionRequests(first: $first, after: $after) {
      totalCount
      nodes { ...ConnectionFields }
      pageInfo { hasNextPage endCursor }
    }
  }
  ${REQUEST}
`);
const UPDATED = gql<gq.ConnectionUpdatedSubscription, object>(/* GraphQL */ `
  subscription ConnectionUpdated { connectionRequestUpdated { ...ConnectionFields } }
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
type Decision = gq.AcceptConnectionMutation["decided"];

export class CrossgateConnections extends CrossgateList<Request> {
  protected readonly name = "connections";
  protected readonly type = "ConnectionRequest";

  protected override async page(first: number, after: string | null) {
    return (await this.query(LIST, { first, after })).connectionRequests;
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
