// The list of ports: filters with counts, endless scrolling, live updates, and what one can do with each.

import type { UserError } from "@crossgate/client";
import { usePages, useQuery, useSubscription, useClient } from "@crossgate/client/react";
import { type ReactNode, useEffect, useRef, useState } from "react";

import { graphql } from "./gql";
import type { PortFieldsFragment, PortFilter, PortOrderField, PortStatus } from "./gql/graphql";
import { Price } from "./price";
import { counted, Failure, inWords, Select, speedOf, TextField, useForm } from "./ui";

graphql(`
  fragment PortFields on Port {
    id name status speedMbps version viewerCan viewerHides { field reason }
    monthlyRate { amount currency }
    location { name }
    waitsFor { side since }
  }
`);

const List = graphql(`
  query Ports($after: String, $filter: PortFilter, $orderBy: PortOrder) {
    ports(first: 20, after: $after, filter: $filter, orderBy: $orderBy) {
      totalCount
      totalCountPrecision
      nodes { ...PortFields }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

const Facets = graphql(`
  query PortFacets {
    portFacets {
      statuses { status count }
      metros { metro count }
      speeds { speedMbps count }
    }
  }
`);

const Updated = graphql(`
  subscription PortUpdated {
    portUpdated { ...PortFields }
  }
`);

const Rename = graphql(`
  mutation RenamePort($input: UpdatePortInput!) {
    updatePort(input: $input) {
      port { ...PortFields }
      userErrors { code message field }
    }
  }
`);

const Enable = graphql(`
  mutation EnablePort($input: EnablePortInput!) {
    enablePort(input: $input) {
      port { ...PortFields }
      userErrors { code message field }
    }
  }
`);

const Disable = graphql(`
  mutation DisablePort($input: DisablePortInput!) {
    disablePort(input: $input) {
      port { ...PortFields }
      userErrors { code message field }
    }
  }
`);

export function Ports() {
  const [filter, setFilter] = useState<PortFilter>({});
  const [field, setField] = useState<PortOrderField>("NAME");
  const list = usePages(List, { filter, orderBy: { field } }, ({ ports }) => ports);
  const [news, setNews] = useState("");
  const put = (changed: PortFieldsFragment) => list.update((ports) => ports.map((port) => (port.id === changed.id ? changed : port)));
  useSubscription(Updated, ({ data: { portUpdated } }) => {
    put(portUpdated);
    setNews(`${portUpdated.name} is now ${inWords(portUpdated.status).toLowerCase()}.`);
  });
  return (
    <>
      <h1 tabIndex={-1}>Ports</h1>
      <Filters filter={filter} onFilter={setFilter} field={field} onField={setField} />
      <p role="status" className="small">
        {list.totalCount === undefined ? "Loading …" : list.totalCount === 1 ? "1 port" : `${counted(list)} ports`}
      </p>
      <p role="status" className="unseen">{news}</p>
      <ul className="cards">
        {list.nodes.map((port) => (
          <li key={port.id}>
            <PortCard port={port} onChange={put} />
          </li>
        ))}
      </ul>
      {list.error && <Failure error={list.error} retry={list.nodes.length ? list.loadMore : list.reload} />}
      {list.hasMore && <More onReached={list.loadMore} isLoading={list.isLoading} />}
    </>
  );
}

interface FiltersProps {
  readonly filter: PortFilter;
  readonly onFilter: (filter: PortFilter) => void;
  readonly field: PortOrderField;
  readonly onField: (field: PortOrderField) => void;
}

function Filters({ filter, onFilter, field, onField }: FiltersProps) {
  const facets = useQuery(Facets).data?.portFacets;
  const choose = (name: keyof PortFilter, value: string, read: (text: string) => unknown = String) => {
    const { [name]: _, ...others } = filter;
    onFilter(value ? { ...others, [name]: [read(value)] } : others);
  };
  return (
    <form className="filters" role="search" aria-label="Ports">
      <Select label="Status" value={filter.statuses?.[0] ?? ""} onChange={({ target }) => choose("statuses", target.value as PortStatus)}>
        <option value="">All</option>
        {facets?.statuses.map(({ status, count }) => <option key={status} value={status}>{`${inWords(status)} (${count})`}</option>)}
      </Select>
      <Select label="Metro" value={filter.metros?.[0] ?? ""} onChange={({ target }) => choose("metros", target.value)}>
        <option value="">All</option>
        {facets?.metros.map(({ metro, count }) => <option key={metro} value={metro}>{`${metro} (${count})`}</option>)}
      </Select>
      <Select label="Speed" value={filter.speeds?.[0] ?? ""} onChange={({ target }) => choose("speeds", target.value, Number)}>
        <option value="">All</option>
        {facets?.speeds.map(({ speedMbps, count }) => <option key={speedMbps} value={speedMbps}>{`${speedOf(speedMbps)} (${count})`}</option>)}
      </Select>
      <Select label="Sort by" value={field} onChange={({ target }) => onField(target.value as PortOrderField)}>
        <option value="NAME">Name</option>
        <option value="CREATED_AT">Order date</option>
        <option value="SPEED_MBPS">Speed</option>
      </Select>
    </form>
  );
}

interface Stepped {
  readonly port?: PortFieldsFragment | null;
  readonly userErrors: readonly UserError[];
}

function PortCard({ port, onChange }: { port: PortFieldsFragment; onChange: (port: PortFieldsFragment) => void }) {
  const client = useClient();
  const [isRenaming, setRenaming] = useState(false);
  const { errors, failure, isSending, send } = useForm();
  const can = (action: PortFieldsFragment["viewerCan"][number]) => port.viewerCan.includes(action);
  const input = { id: port.id };
  const step = (run: () => Promise<Stepped>) =>
    void send(async () => {
      const { port: changed, userErrors } = await run();
      if (changed) onChange(changed);
      return userErrors;
    });
  const enable = () => step(async () => (await client.mutate(Enable, { input })).data.enablePort);
  const disable = () => step(async () => (await client.mutate(Disable, { input })).data.disablePort);
  const problems = Object.values(errors).flat();
  return (
    <article aria-labelledby={port.id}>
      <header>
        <h2 id={port.id}>{port.name}</h2>
        <span className={`status ${port.status.toLowerCase()}`}>{inWords(port.status)}</span>
      </header>
      <dl>
        <Fact name="Location">{port.location.name}</Fact>
        <Fact name="Speed">{speedOf(port.speedMbps)}</Fact>
        <Fact name="Per month"><Price of={port} field="monthlyRate" money={port.monthlyRate} /></Fact>
        {port.waitsFor && <Fact name="Waits for">{inWords(port.waitsFor.side)}</Fact>}
      </dl>
      {isRenaming && <RenameForm port={port} onDone={(renamed) => (setRenaming(false), renamed && onChange(renamed))} />}
      {problems.length > 0 && <p className="failure" role="alert">{problems.join(" ")}</p>}
      {failure && <Failure error={failure} />}
      <p className="actions">
        {can("UPDATE") && !isRenaming && <Action of={port} label="Rename" onClick={() => setRenaming(true)} />}
        {can("DISABLE") && <Action of={port} label="Disable" disabled={isSending} onClick={disable} />}
        {can("ENABLE") && <Action of={port} label="Enable" disabled={isSending} onClick={enable} />}
      </p>
    </article>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Action({ of, label, ...button }: { of: PortFieldsFragment; label: string; disabled?: boolean; onClick: () => void }) {
  return (
    <button type="button" className="quiet" {...button}>
      {label} <span className="unseen">{of.name}</span>
    </button>
  );
}

function RenameForm({ port, onDone }: { port: PortFieldsFragment; onDone: (port?: PortFieldsFragment) => void }) {
  const client = useClient();
  const { form, errors, failure, isSending, send } = useForm();
  const submit = async (name: string) => {
    let renamed: PortFieldsFragment | undefined;
    const isDone = await send(async () => {
      const { updatePort } = (await client.mutate(Rename, { input: { id: port.id, version: port.version!, name } })).data;
      renamed = updatePort.port ?? undefined;
      return updatePort.userErrors;
    });
    if (isDone) onDone(renamed);
  };
  return (
    <form
      ref={form}
      onSubmit={(event) => {
        event.preventDefault();
        void submit(String(new FormData(event.currentTarget).get("name")));
      }}
    >
      <TextField label="New name" name="name" defaultValue={port.name} autoFocus errors={errors.name ?? errors.version ?? errors[""]} />
      {failure && <Failure error={failure} />}
      <p className="actions">
        <button type="submit" disabled={isSending}>Save</button>
        <button type="button" className="quiet" onClick={() => onDone()}>Cancel</button>
      </p>
    </form>
  );
}

/** Loads more when it's scrolled into view. It's a button too, for the keyboard and for browsers that don't scroll. */
function More({ onReached, isLoading }: { onReached: () => void; isLoading: boolean }) {
  const end = useRef<HTMLButtonElement>(null);
  const latest = useRef(onReached);
  latest.current = onReached;
  useEffect(() => {
    const observer = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && latest.current(), { rootMargin: "400px" });
    observer.observe(end.current!);
    return () => observer.disconnect();
  }, [isLoading]);
  return <button type="button" ref={end} className="more" onClick={onReached}>{isLoading ? "Loading …" : "Load more"}</button>;
}
