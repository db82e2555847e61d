// <crossgate-approvals>: the orders that wait for approval, and who decides.

import { gql, html, type Hub, nothing } from "../core.js";
import { alertOf, textField, textOf } from "../form.js";
import type * as gq from "../gql.js";
import { CrossgateList } from "../list.js";

const ORDER = /* GraphQL */ `
  fragment ApprovalFields on OrderApproval {
    id name status speedMbps termMonths comment createdAt viewerCan viewerHides { field reason }
    company { tradingName }
    location { name }
    monthlyRate { amount currency }
    requestedBy { name }
    waitsFor { side until }
  }
`;
const LIST = gql<gq.ApprovalsQuery, gq.ApprovalsQueryVariables>(/* GraphQL */ `
  query Approvals($first: Int, $after: String) {
    orderApprovals(first: $first, after: $after, filter: { status: PENDING }) {
      totalCount
      totalCountPrecision
      nodes { ...ApprovalFields }
      pageInfo { hasNextPage endCursor }
    }
  }
  ${ORDER}
`);
const UPDATED = gql<gq.ApprovalUpdatedSubscription, object>(/* GraphQL */ `
  subscription ApprovalUpdated { orderApprovalUpdated { ...ApprovalFields } }
  ${ORDER}
`);
const APPROVE = gql<gq.ApproveOrderMutation, gq.ApproveOrderMutationVariables>(/* GraphQL */ `
  mutation ApproveOrder($input: ApproveOrderInput!) {
    decided: approveOrder(input: $input) { orderApproval { ...ApprovalFields } userErrors { code message field params { name value } } }
  }
  ${ORDER}
`);
const REJECT = gql<gq.RejectOrderMutation, gq.RejectOrderMutationVariables>(/* GraphQL */ `
  mutation RejectOrder($input: RejectOrderInput!) {
    decided: rejectOrder(input: $input) { orderApproval { ...ApprovalFields } userErrors { code message field params { name value } } }
  }
  ${ORDER}
`);
const WITHDRAW = gql<gq.WithdrawOrderMutation, gq.WithdrawOrderMutationVariables>(/* GraphQL */ `
  mutation WithdrawOrder($input: WithdrawOrderInput!) {
    decided: withdrawOrder(input: $input) { orderApproval { ...ApprovalFields } userErrors { code message field params { name value } } }
  }
  ${ORDER}
`);

type Order = gq.ApprovalFieldsFragment;
type Action = Order["viewerCan"][number];

export class CrossgateApprovals extends CrossgateList<Order> {
  protected readonly name = "approvals";
  protected readonly type = "OrderApproval";

  protected override async page(first: number, after: string | null) {
    return (await this.query(LIST, { first, after })).orderApprovals;
  }

  protected override follow(hub: Hub, signal: AbortSignal): void {
    const news = ({ name, status }: Order) => this.t("approvals.news", { name, status: this.t(`approval.${status}`) });
    void hub.follow(UPDATED, ({ orderApprovalUpdated: order }) => this.arrived(order, news(order)), signal);
  }

  protected override card(order: Order) {
    const words = this.hub.words!;
    const form = this.formOf(order);
    const decides = order.viewerCan.includes("REJECT");
    return this.sheet(
      order,
      order.name,
      this.badge(order.status, this.t(`approval.${order.status}`)),
      [
        this.fact("company", order.company.tradingName),
        this.fact("approvals.requested", words.date(order.createdAt)),
        order.requestedBy ? this.fact("approvals.requestedBy", order.requestedBy.name) : nothing,
        this.fact("location", order.location.name),
        this.fact("speed", words.speed(order.speedMbps)),
        this.fact("term", words.months(order.termMonths)),
        this.fact("monthly", this.price(order, "monthlyRate", order.monthlyRate)),
        order.waitsFor ? this.fact("waitsFor", this.#waiting(order.waitsFor)) : nothing,
        order.comment ? this.fact("comment", order.comment) : nothing,
      ],
      html`
        <form novalidate @submit=${(event: Event) => event.preventDefault()}>
          ${alertOf(form.others("comment"))} ${this.problem(form.failure)}
          ${decides
            ? textField({
                id: `${order.id}-comment`,
                name: "comment",
                label: this.t("approvals.comment", { name: order.name }),
                hint: this.t("approvals.commentHint"),
                errors: form.errors.comment,
              })
            : nothing}
          <p class="actions">${order.viewerCan.map((action) => this.#action(order, action))}</p>
        </form>
      `,
    );
  }

  #waiting({ side, until }: NonNullable<Order["waitsFor"]>): string {
    const who = this.t(`side.${side}`);
    return until ? this.t("until", { who, date: this.hub.words!.date(until) }) : who;
  }

  #action(order: Order, action: Action) {
    if (action === "READ") return nothing;
    const decide = (event: Event) => this.#decide(order, action, (event.target as HTMLElement).closest("form")!);
    return html`
      <button part="button" type="button" class=${action === "APPROVE" ? "" : "quiet"} aria-disabled=${this.formOf(order).sending} @click=${decide}>
        ${this.t(`approvals.${action}`)} <span class="unseen">${order.name}</span>
      </button>
    `;
  }

  async #decide({ id, ...order }: Order, action: Exclude<Action, "READ">, form: HTMLFormElement): Promise<void> {
    const comment = textOf(form, "comment");
    const sent = await this.take({ id }, action, async () => {
      if (action === "APPROVE") return (await this.mutate(APPROVE, { input: { id, comment: comment || null } })).decided;
      if (action === "REJECT") return (await this.mutate(REJECT, { input: { id, comment } })).decided;
      return (await this.mutate(WITHDRAW, { input: { id } })).decided;
    });
    if (!sent?.orderApproval) return;
    this.news = this.t("approvals.news", { name: order.name, status: this.t(`approval.${sent.orderApproval.status}`) });
    this.put(sent.orderApproval);
    await this.focusIn({ id });
  }
}

customElements.define("crossgate-approvals", CrossgateApprovals);
