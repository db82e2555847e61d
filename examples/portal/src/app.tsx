// The frame: who is signed in, where one is, and the page.

import { CrossgateProvider, useClient, useQuery } from "@crossgate/client/react";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { Link, Redirect, Route, Switch, useLocation } from "wouter";

import { Approvals } from "./approvals";
import { graphql } from "./gql";
import type { FrameQuery } from "./gql/graphql";
import { Order } from "./order";
import { Ports } from "./ports";
import { Profile } from "./profile";
import { createSession, signOut } from "./session";
import { SignIn } from "./sign-in";
import { counted, Failure } from "./ui";

const Frame = graphql(`
  query Frame {
    viewer {
      user { name email }
      company { id tradingName viewerCan marketplaceProfile { id } }
    }
    orderApprovals(first: 1, filter: { status: PENDING }) { totalCount totalCountPrecision }
  }
`);

export type Company = NonNullable<FrameQuery["viewer"]["company"]>;

export function App() {
  const [session, setSession] = useState(0); // counts, so that nothing of a former user stays
  const client = useMemo(createSession, [session]);
  return (
    <CrossgateProvider client={client} key={session}>
      <SignedIn onChange={() => setSession((number) => number + 1)} />
    </CrossgateProvider>
  );
}

function SignedIn({ onChange }: { onChange: () => void }) {
  const { data, error, reload } = useQuery(Frame);
  if (error) return <Failure error={error} retry={reload} />;
  if (!data) return <p className="centered" role="status">Loading …</p>;
  const { user, company } = data.viewer;
  if (!user) return <SignIn onDone={onChange} />;
  if (!company) return <NoCompany onSignOut={onChange} />;
  return (
    <>
      <a className="skip" href="#main">Skip to the content</a>
      <Header company={company} name={user.name} waiting={data.orderApprovals} onSignOut={onChange} />
      <Page>
        <Switch>
          <Route path="/ports"><Ports /></Route>
          <Route path="/order"><Order company={company} onOrdered={reload} /></Route>
          <Route path="/approvals"><Approvals onDecided={reload} /></Route>
          <Route path="/profile"><Profile company={company} /></Route>
          <Route><Redirect to="/ports" replace /></Route>
        </Switch>
      </Page>
    </>
  );
}

function Header({ company, name, waiting, onSignOut }: { company: Company; name: string; waiting: FrameQuery["orderApprovals"]; onSignOut: () => void }) {
  const client = useClient();
  const [path] = useLocation();
  const leave = async () => {
    await signOut();
    client.tokens.clear();
    onSignOut();
  };
  const places: readonly (readonly [string, ReactNode])[] = [
    ["/ports", "Ports"],
    ...(company.viewerCan.includes("ORDER_PORT") ? [["/order", "Order a port"] as const] : []),
    ["/approvals", <>Approvals{waiting.totalCount > 0 && <span className="count"> {counted(waiting)} <span className="unseen">waiting</span></span>}</>],
    ["/profile", "Profile"],
  ];
  return (
    <header className="bar">
      <p className="brand">Bramble Connect</p>
      <nav aria-label="Pages">
        <ul>
          {places.map(([place, label]) => (
            <li key={place}>
              <Link href={place} aria-current={path === place ? "page" : undefined}>{label}</Link>
            </li>
          ))}
        </ul>
      </nav>
      <p className="who">
        <span>{name}, {company.tradingName}</span>
        <button type="button" className="quiet" onClick={() => void leave()}>Sign out</button>
      </p>
    </header>
  );
}

/** The page. After a change of pages, its heading has the focus, so that a screen reader says where one is. */
function Page({ children }: { children: ReactNode }) {
  const [path] = useLocation();
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    const heading = main.current?.querySelector("h1");
    document.title = `${heading?.textContent ?? "Portal"} – Bramble Connect`;
    if (!isFirst.current) heading?.focus();
    isFirst.current = false;
  }, [path]);
  return <main id="main" ref={main} tabIndex={-1}>{children}</main>;
}

function NoCompany({ onSignOut }: { onSignOut: () => void }) {
  return (
    <main className="centered">
      <h1>No company</h1>
      <p>You're signed in, but you aren't a member of a company yet. Ask its administrator for an invitation.</p>
      <button type="button" onClick={() => void signOut().then(onSignOut)}>Sign out</button>
    </main>
  );
}
