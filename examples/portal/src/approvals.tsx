// The orders that wait for approval, and who has to decide.

import type { UserError } from "@crossgate/client";
import { useClient, usePages, useSubscription } from "@crossgate/client/react";
import { useState } from "react";

import { graphql } from "./gql";
import type { ApprovalFieldsFragment } from "./gql/graphql";
import { Price } from "./price";
import { counted, dateOf, Failure, FormErrors, inWords, speedOf, TextField, useForm } from "./ui";

graphql(`
  fragment ApprovalFields on OrderApproval {
    id name status speedMbps termMonths comment createdAt viewerCan viewerHides { field reason }
    company { tradingName }
    location { name }
    monthlyRate { amount currency }
    requestedBy { name }
    waitsFor { side until }
  }
`);

const List = graphql(`
  query Approvals($after: String, $filter: OrderApprovalFilter) {
    orderApprovals(first: 20, after: $after, filter: $filter) {
      totalCount
      totalCountPrecision
      nodes { ...ApprovalFields }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

const Updated = graphql(`
  subscription ApprovalUpdated {
    orderApprovalUpdated { ...ApprovalFields }
  }
`);

const Approve = graphql(`
  mutation ApproveOrder($input: ApproveOrderInput!) {
    approveOrder(input: $input) { orderApproval { ...ApprovalFields } userErrors { code message field } }
  }
`);

const Reject = graphql(`
  mutation RejectOrder($input: RejectOrderInput!) {
    rejectOrder(input: $input) { orderApproval { ...ApprovalFields } userErrors { code message field } }
  }
`);

const Withdraw = graphql(`
  mutation WithdrawOrder($input: WithdrawOrderInput!) {
    withdrawOrder(input: $input) { orderApproval { ...ApprovalFields } userErrors { code message field } }
  }
`);

export function Approvals({ onDecided }: { onDecided: () => void }) {
  const list = usePages(List, { filter: { status: "PENDING" as const } }, ({ orderApprovals }) => orderApprovals);
  const put = (changed: ApprovalFieldsFragment) => list.update((orders) => orders.map((order) => (order.id === changed.id ? changed : order)));
  useSubscription(Updated, ({ data: { orderApprovalUpdated } }) => put(orderApprovalUpdated));
  return (
    <>
      <h1 tabIndex={-1}>Approvals</h1>
      <p role="status" className="small">
        {list.totalCount === undefined ? "Loading …" : list.totalCount === 0 ? "No order waits for approval." : `${counted(list)} waiting.`}
      </p>
      {list.error && <Failure error={list.error} retry={list.reload} />}
      <ul className="cards">
        {list.nodes.map((order) => (
          <li key={order.id}>
            <Waiting
              order={order}
              onChange={(changed) => {
                put(changed);
                onDecided();
              }}
            />
          </li>
        ))}
      </ul>
      {list.hasMore && <button type="button" className="more" onClick={list.loadMore}>Load more</button>}
    </>
  );
}

interface Decided {
  readonly orderApproval?: ApprovalFieldsFragment | null;
  readonly userErrors: readonly UserError[];
}

function Waiting({ order, onChange }: { order: ApprovalFieldsFragment; onChange: (order: ApprovalFieldsFragment) => void }) {
  const client = useClient();
  const { form, errors, failure, isSending, send } = useForm();
  const [comment, setComment] = useState("");
  const can = (action: ApprovalFieldsFragment["viewerCan"][number]) => order.viewerCan.includes(action);
  const decide = (run: () => Promise<Decided>) =>
    void send(async () => {
      const { orderApproval, userErrors } = await run();
      if (orderApproval) onChange(orderApproval);
      return userErrors;
    });
  const { id } = order;
  return (
    <article aria-labelledby={id}>
      <header>
        <h2 id={id}>{order.name}</h2>
        <span className={`status ${order.status.toLowerCase()}`}>{inWords(order.status)}</span>
      </header>
      <dl>
        <div><dt>For</dt><dd>{order.company.tradingName}</dd></div>
        <div><dt>Requested</dt><dd>{dateOf(order.createdAt)}{order.requestedBy && ` by ${order.requestedBy.name}`}</dd></div>
        <div><dt>Port</dt><dd>{speedOf(order.speedMbps)} at {order.location.name}, {order.termMonths} months</dd></div>
        <div><dt>Per month</dt><dd><Price of={order} field="monthlyRate" money={order.monthlyRate} /></dd></div>
        {order.waitsFor && (
          <div><dt>Waits for</dt><dd>{inWords(order.waitsFor.side)}{order.waitsFor.until && `, until ${dateOf(order.waitsFor.until)}`}</dd></div>
        )}
        {order.comment && <div><dt>Comment</dt><dd>{order.comment}</dd></div>}
      </dl>
      <form ref={form} onSubmit={(event) => event.preventDefault()}>
        <FormErrors errors={errors} failure={failure} />
        {can("REJECT") && (
          <TextField label={`Comment on ${order.name}`} value={comment} onChange={({ target }) => setComment(target.value)} errors={errors.comment} hint="Required to reject." />
        )}
        <p className="actions">
          {can("APPROVE") && (
            <button type="button" disabled={isSending} onClick={() => decide(async () => (await client.mutate(Approve, { input: { id, comment: comment || null } })).data.approveOrder)}>
              Approve <span className="unseen">{order.name}</span>
            </button>
          )}
          {can("REJECT") && (
            <button type="button" className="quiet" disabled={isSending} onClick={() => decide(async () => (await client.mutate(Reject, { input: { id, comment } })).data.rejectOrder)}>
              Reject <span className="unseen">{order.name}</span>
            </button>
          )}
          {can("WITHDRAW") && (
            <button type="button" className="quiet" disabled={isSending} onClick={() => decide(async () => (await client.mutate(Withdraw, { input: { id } })).data.withdrawOrder)}>
              Withdraw <span className="unseen">{order.name}</span>
            </button>
          )}
        </p>
      </form>
    </article>
  );
}
