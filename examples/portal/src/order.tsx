// The form to order a port. All problems of the order appear at their fields.

import { useClient, useQuery } from "@crossgate/client/react";
import { useState } from "react";
import { Link } from "wouter";

import type { Company } from "./app";
import { graphql } from "./gql";
import type { OrderPortMutation } from "./gql/graphql";
import { Failure, FormErrors, Select, speedOf, TextField, useForm } from "./ui";

const TERMS = [1, 12, 24, 36, 48, 60];

const Locations = graphql(`
  query OrderableLocations {
    locations(orderable: true, first: 200) { nodes { id name speedsMbps } }
  }
`);

const OrderPort = graphql(`
  mutation OrderPort($input: OrderPortInput!) {
    orderPort(input: $input) {
      port { id name }
      orderApproval { id name waitsFor { side until } }
      userErrors { code message field }
    }
  }
`);

type Ordered = OrderPortMutation["orderPort"];

export function Order({ company, onOrdered }: { company: Company; onOrdered: () => void }) {
  const [ordered, setOrdered] = useState<Ordered>();
  if (!company.viewerCan.includes("ORDER_PORT")) return <h1 tabIndex={-1}>You can't order ports</h1>;
  if (ordered) return <Done ordered={ordered} again={() => setOrdered(undefined)} />;
  return (
    <>
      <h1 tabIndex={-1}>Order a port</h1>
      <OrderForm
        onOrdered={(done) => {
          setOrdered(done);
          onOrdered();
        }}
      />
    </>
  );
}

function OrderForm({ onOrdered }: { onOrdered: (ordered: Ordered) => void }) {
  const client = useClient();
  const { data, error, reload } = useQuery(Locations);
  const [locationId, setLocation] = useState("");
  const { form, errors, failure, isSending, send } = useForm();
  if (error) return <Failure error={error} retry={reload} />;
  const locations = data?.locations.nodes ?? [];
  const wrongLocation = errors.locationId && (locationId ? errors.locationId : ["Choose a location."]);
  const speeds = locations.find(({ id }) => id === locationId)?.speedsMbps ?? [];
  const submit = async (values: FormData) => {
    let ordered: Ordered | undefined;
    const input = {
      locationId,
      name: String(values.get("name")),
      speedMbps: Number(values.get("speed")),
      termMonths: Number(values.get("term")),
      costCentre: String(values.get("costCentre")) || null,
    };
    const isDone = await send(async () => {
      ordered = (await client.mutate(OrderPort, { input })).data.orderPort;
      return ordered.userErrors;
    });
    if (isDone && ordered) onOrdered(ordered);
  };
  return (
    <form
      ref={form}
      className="sheet"
      noValidate // the gateway knows the rules, and says all problems at once
      onSubmit={(event) => {
        event.preventDefault();
        void submit(new FormData(event.currentTarget));
      }}
    >
      <FormErrors errors={errors} failure={failure} />
      <Select label="Location" value={locationId} onChange={({ target }) => setLocation(target.value)} errors={wrongLocation}>
        <option value="">Choose one</option>
        {locations.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
      </Select>
      <Select label="Speed" name="speed" errors={errors.speedMbps} hint={locationId ? "What this location offers." : "Choose a location first."}>
        {speeds.map((speed) => <option key={speed} value={speed}>{speedOf(speed)}</option>)}
      </Select>
      <Select label="Term" name="term" defaultValue="12" errors={errors.termMonths}>
        {TERMS.map((months) => <option key={months} value={months}>{months === 1 ? "1 month" : `${months} months`}</option>)}
      </Select>
      <TextField label="Name" name="name" autoComplete="off" errors={errors.name} />
      <TextField label="Cost centre (optional)" name="costCentre" autoComplete="off" errors={errors.costCentre} />
      <button type="submit" disabled={isSending}>Order</button>
    </form>
  );
}

function Done({ ordered: { port, orderApproval }, again }: { ordered: Ordered; again: () => void }) {
  return (
    <>
      <h1 tabIndex={-1}>{port ? "Ordered" : "Sent for approval"}</h1>
      <p role="status">
        {port
          ? `${port.name} is ordered.`
          : `${orderApproval?.name} waits for your ${orderApproval?.waitsFor?.side === "PARTNER" ? "partner" : "operator"}'s approval.`}
      </p>
      <p className="actions">
        <Link href={port ? "/ports" : "/approvals"}>{port ? "See all ports" : "See what waits"}</Link>
        <button type="button" className="quiet" onClick={again}>Order another</button>
      </p>
    </>
  );
}
