"""Non-interference: data hidden from a viewer doesn't change a byte of any answer to it.

Each case draws a change of the market. If Oso says that everything changed is hidden from the viewer, every answer must stay the
same. CROSSGATE_SEED repeats a run, CROSSGATE_CASES makes it longer.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from asyncpg import DataError, IntegrityConstraintViolationError
from graphql import parse as parse_document
from graphql import validate

import server
from policies.evaluation.decision import Decision
from policies.evaluation.policy import Policy
from policies.predicates.predicate import TRUE
from policies.reason import Reason
from policies.viewer import ANONYMOUS as VISITOR
from policies.viewer import Shape, Viewer
from resolvers.endpoints.downloads import RENDERERS
from resolvers.reading.viewers import find_member, load_viewer
from resolvers.values.identifiers import Identifier, parse
from settings import Settings
from tests import databases
from tests.asgi import InProcessClient
from tests.audit_events import EVENTS
from tests.client import ANONYMOUS, DIRECT, HIDDEN, OPERATOR, PARTNER, PATIENT, SHOWN, UNLIMITED, Client
from tests.interference.market import Market, is_hidden
from tests.interference.mutations import Mutation, draw_mutation
from tests.interference.questions import NODE_TYPES, QUESTIONS, QUOTE, SCHEMA, SLUG, WALKS, nodes, of_kit, why
from tests.kit.documents import CARRIED, QUERIES
from tests.schema.outline import SCHEMA as OUTLINE

CASES: Final = max(1, int(os.environ.get("CROSSGATE_CASES", "10000")) // 2000)  # for each viewer
SEED: Final = int(os.environ.get("CROSSGATE_SEED", str(secrets.randbits(32))))
EXPLAINED: Final = 2  # touched records whose access is explained
EXPORT: Final = "/leads.csv"
ASKED: Final = 5  # queries after each change, besides those for the touched records
OF_KIT: Final = 2  # questions of the kit about the touched records, for each change
VIEWERS: Final = (
    ANONYMOUS,
    PARTNER,
    HIDDEN,
    SHOWN,
    DIRECT,
    "network@partner.example",
    "editor@partner.example",
    "hidden-finance@managed.example",
    "shown-network@managed.example",
    "shown-editor@managed.example",
    "viewer@direct.example",
)
DRAWN: Final = 10 * CASES  # changes, since some are invalid or visible to the viewer
Tried = TypeVar("Tried", bound="Trial")


@dataclass
class Trial:
    """A gateway with one connection: a change and the queries after it share a transaction, which is rolled back."""

    client: Client
    market: Market
    policy: Policy
    answers: dict[tuple[Any, ...], bytes] = field(default_factory=dict)

    async def driver(self) -> Any:
        """Return the driver's connection, the only one."""
        async with self.client.app.state.services.reader.connection() as connection:
            return connection.driver

    async def viewer(self, email: str | None) -> Viewer:
        """Load a viewer in its current state."""
        if email is None:
            return VISITOR
        services = self.client.app.state.services
        member = await find_member(services.engine, email)
        assert member is not None
        return await load_viewer(services.reader, member.user_id, member.membership_id) or VISITOR

    async def viewers(self, email: str | None) -> tuple[Viewer, ...]:
        """Return all viewers on whose access an answer may depend."""
        return (await self.viewer(email),)

    async def answer(self, email: str | None, document: str, **variables: Any) -> bytes:
        """Return the current answer to a query, or what is downloaded from a path."""
        if document.startswith("/"):
            download = await self.client.get(email, document)
            own = download.headers["X-Request-Id"].encode()  # a refusal names it
            return b"%d %b" % (download.status_code, download.content.replace(own, b""))
        return (await self.client(email, document, **variables)).body

    async def before(self, email: str | None, document: str, **variables: Any) -> bytes:
        """Return the answer in the unchanged market."""
        key = (email, document, str(variables))
        if key not in self.answers:
            self.answers[key] = await self.answer(email, document, **variables)
        return self.answers[key]

    async def try_out(self, email: str | None, change: Mutation, queries: list[tuple[str, dict[str, Any]]]) -> list[str] | None:
        """Return the queries whose answers a change has changed, or None if the change is invalid or visible to the viewer."""
        viewers = await self.viewers(email)
        expected = [await self.before(email, document, **variables) for document, variables in queries]
        driver = await self.driver()
        await driver.execute("BEGIN")
        try:
            for statement, values in change.statements:
                await driver.execute(statement, *values)
            after = await self.market.after(driver)
            if await self.viewers(email) != viewers:
                return None
            if not all(is_hidden(self.policy, viewer, self.market, after) for viewer in viewers):
                return None
            found = [await self.answer(email, document, **variables) for document, variables in queries]
        except (IntegrityConstraintViolationError, DataError):
            return None
        finally:
            await driver.execute("ROLLBACK")
        assert not [body for body in found if b"INTERNAL" in body]
        return [document for (document, _), old, new in zip(queries, expected, found, strict=True) if old != new]

    async def try_changes(self, email: str | None) -> None:
        """Draw changes until enough of them are hidden from the viewer, none of which may change an answer."""
        random = Random(f"{SEED} {email}")
        hidden = 0
        for _ in range(DRAWN):
            viewer, *_ = await self.viewers(email)
            change = draw_mutation(random, self.policy, viewer, self.market)
            queries = await self.questions(email, change, random.sample(range(len(QUESTIONS) + len(WALKS)), ASKED))
            changed = await self.try_out(email, change, queries)
            assert not changed, f"CROSSGATE_SEED={SEED}: {change}"
            hidden += changed is not None
            if hidden == CASES:
                return
        assert hidden >= CASES // 2, f"CROSSGATE_SEED={SEED}: only {hidden} of {DRAWN} changes were hidden."

    async def questions(self, email: str | None, change: Mutation, chosen: list[int]) -> list[tuple[str, dict[str, Any]]]:
        """Return the chosen queries, and those for the records that a change touches."""
        queries: list[tuple[str, dict[str, Any]]] = [(SLUG, {"slug": slug}) for slug in change.slugs]
        queries += [(QUOTE, {"input": asking}) for asking in change.quotes]
        ids = [each for each in change.ids if parse(each, "id").type in NODE_TYPES]
        queries += [nodes(ids)] if ids else []
        kit = of_kit(ids, change.quotes)
        queries += [kit[number % len(kit)] for number in chosen[:OF_KIT] if kit]
        queries += [(path, {}) for path in self.downloads(change, chosen)]
        queries += self.tools(change, chosen)
        for number in chosen:
            if number < len(QUESTIONS):
                queries.append((QUESTIONS[number], {}))
            else:
                queries.append((walk := WALKS[number - len(QUESTIONS)], {"after": await self.cursor(email, walk)}))
        return queries

    def downloads(self, change: Mutation, chosen: list[int]) -> list[str]:
        """Return the paths of the touched records' files, and sometimes that of the export."""
        files = [
            f"/files/{named}{extension and '.'}{extension}"
            for named in change.ids
            for entity, extension in RENDERERS
            if parse(named, "id").type == entity
        ]
        return [*files, EXPORT] if max(chosen) % 2 else files

    def tools(self, change: Mutation, chosen: list[int]) -> list[tuple[str, dict[str, Any]]]:
        """Return queries that explain the access to the touched records, and sometimes introspection."""
        queries = [why(self.policy, named) for named in change.ids[:EXPLAINED]]
        return queries if min(chosen) else [*queries, (SCHEMA, {})]

    async def cursor(self, email: str | None, walk: str) -> str | None:
        """Return the end cursor of a walk's first page."""
        key = ("cursor", email, walk)
        if key not in self.answers:
            (page,) = (await self.client(email, walk)).data.values()
            self.answers[key] = (page["pageInfo"]["endCursor"] or "").encode()
        return self.answers[key].decode() or None


@pytest.fixture(scope="module")
async def trial(postgres: Any, demo: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Trial]:
    """A trial over its own market, with a single connection."""
    async with trying(Trial, postgres, demo, tmp_path_factory.mktemp("interference")) as trial:
        yield trial


@asynccontextmanager
async def trying(kind: type[Tried], postgres: Any, demo: str, directory: Path) -> AsyncIterator[Tried]:
    """Run a trial over a copy of the sample market."""
    name = await databases.create(postgres, demo)
    settings = Settings(
        data_dir=directory,
        database_url=postgres.url(name),
        log_level="ERROR",
        pool_size=1,
        cost_per_peer=UNLIMITED,
        cost_per_viewer=UNLIMITED,
        request_timeout=PATIENT,  # the first introspection of a process takes seconds
    )
    app = server.build(settings)
    async with InProcessClient(app) as client:
        trial = kind(Client(app, client), Market({}), server.load_policy())
        for statement in EVENTS:
            await (await trial.driver()).execute(statement)
        trial.market = await Market.read(await trial.driver())
        yield trial
    await app.state.services.close()
    await databases.drop(postgres, name)


@pytest.mark.share(2)
@pytest.mark.parametrize("email", VIEWERS)
async def test_hidden_changes_make_no_difference(trial: Trial, email: str | None) -> None:
    """Hidden values change and hidden rows are inserted and deleted: all answers stay the same, byte for byte."""
    await trial.try_changes(email)


def price_of(trial: Trial, company: Any) -> Mutation:
    """Return a change that makes a company's port the cheapest, in the first currency."""
    port = next(row for row in trial.market.rows["port"].values() if row["company_id"] == company)
    return Mutation("a price", (("UPDATE port SET currency = 'AUD', monthly_rate = 0 WHERE id = $1", (port["id"],)),))


def title_of(trial: Trial, visibility: str) -> Mutation:
    """Return a change of a product's title."""
    product = next(row for row in trial.market.rows["product"].values() if row["visibility"] == visibility)
    return Mutation("a title", (("UPDATE product SET title = 'Another' WHERE id = $1", (product["id"],)),))


def charge_of(trial: Trial, payer: Any) -> Mutation:
    """Return a change of an amount in a company's invoice."""
    invoices = {row["id"] for row in trial.market.rows["invoice"].values() if row["company_id"] == payer}
    line = next(row for row in trial.market.rows["invoice_line"].values() if row["invoice_id"] in invoices)
    return Mutation("a charge", (("UPDATE invoice_line SET amount = 1 WHERE id = $1", (line["id"],)),))


async def differences(trial: Trial, email: str | None, change: Mutation) -> list[str]:
    """Return all queries whose answers a change has changed, visible or not."""
    expected = [await trial.before(email, document) for document in QUESTIONS]
    driver = await trial.driver()
    await driver.execute("BEGIN")
    try:
        for statement, values in change.statements:
            await driver.execute(statement, *values)
        found = [(await trial.client(email, document)).body for document in QUESTIONS]
    finally:
        await driver.execute("ROLLBACK")
    return [document for document, old, new in zip(QUESTIONS, expected, found, strict=True) if old != new]


async def test_visible_changes_make_a_difference(trial: Trial) -> None:
    """The queries aren't vacuous: a price changes the answers for viewers that see it, and a public title those for everybody."""
    hidden, shown, partner = [(await trial.viewer(email)).company_id for email in (HIDDEN, SHOWN, PARTNER)]
    visible = {
        "charged": await differences(trial, PARTNER, charge_of(trial, partner)),
        "own": await differences(trial, SHOWN, price_of(trial, shown)),
        "managed": await differences(trial, PARTNER, price_of(trial, hidden)),
        "operator's": await differences(trial, OPERATOR, price_of(trial, hidden)),
        "public": await differences(trial, ANONYMOUS, title_of(trial, "PUBLIC")),
    }
    invisible = {
        "charged": await differences(trial, SHOWN, charge_of(trial, partner)),
        "own": await differences(trial, HIDDEN, price_of(trial, hidden)),
        "managed": await differences(trial, SHOWN, price_of(trial, hidden)),
        "limited": await differences(trial, ANONYMOUS, title_of(trial, "LIMITED")),
    }

    assert [] == [name for name, questions in visible.items() if not questions]
    assert {"charged": [], "own": [], "managed": [], "limited": []} == invisible


DOWNLOADED: Final = "{ leads(first: 1) { nodes { message } } offers(first: 500) { nodes { serviceAgreement { url } } } }"


def test_questions_are_valid() -> None:
    """No question is refused for its form, which would give everybody the same answer whatever is stored."""
    of_records = [nodes([str(Identifier(kind, UUID(int=1)))])[0] for kind in sorted(NODE_TYPES)]
    documents = [*QUESTIONS, *WALKS, QUOTE, SLUG, SCHEMA, *of_records, *CARRIED, *(each.text for each in QUERIES)]

    assert {} == {document: problems for document in documents if (problems := validate(OUTLINE, parse_document(document)))}


async def test_downloads_differ_by_what_their_viewer_sees(trial: Trial) -> None:
    """Exports and files aren't vacuous either: the seller's lead is in its export, and a PDF is for those who see prices."""
    answer = await trial.client(PARTNER, DOWNLOADED)
    urls = [offer["serviceAgreement"]["url"] for offer in answer.data["offers"]["nodes"] if offer["serviceAgreement"]]
    exports = [await trial.answer(email, EXPORT) for email in (PARTNER, HIDDEN, ANONYMOUS)]
    files = [await trial.answer(email, urlsplit(urls[0]).path) for email in (PARTNER, HIDDEN, ANONYMOUS)]

    assert 3 == len(set(exports))
    assert [b"200 %PDF", b"404 ", b"404 "] == [files[0][:8], files[1][:4], files[2][:4]]


async def test_visible_change_does_not_count_as_hidden(trial: Trial) -> None:
    """Oso distinguishes the two: only hidden changes have to make no difference."""
    hidden, shown = [(await trial.viewer(email)).company_id for email in (HIDDEN, SHOWN)]

    tried = [
        await trial.try_out(SHOWN, price_of(trial, shown), []),
        await trial.try_out(HIDDEN, price_of(trial, hidden), []),
        await trial.try_out(ANONYMOUS, title_of(trial, "PUBLIC"), []),
        await trial.try_out(ANONYMOUS, title_of(trial, "LIMITED"), []),
    ]

    assert [None, [], None, []] == tried


class Leaky:
    """A policy with the decisions of another one, except for one type that it leaks."""

    def __init__(self, policy: Policy, entity: str, **changes: Any) -> None:
        self.policy = policy
        self.version = policy.version
        self.entity = entity
        self.changes = changes

    def decide(self, shape: Shape, entity: str, action: str = "read") -> Decision:
        """Return the decision, broken for the leaking type."""
        decision = self.policy.decide(shape, entity, action)
        if entity != self.entity:
            return decision
        if "field" in self.changes:
            name = self.changes["field"]
            return replace(decision, fields={**decision.fields, name: replace(decision.fields[name], visible=TRUE)})
        return replace(decision, rows=TRUE)

    def can(self, shape: Shape, ability: str) -> bool:
        """Return the other policy's decision."""
        return self.policy.can(shape, ability)

    def denial_reason(self, shape: Shape, ability: str) -> Reason | None:
        """Return the other policy's decision."""
        return self.policy.denial_reason(shape, ability)


@contextmanager
def leaking(trial: Trial, entity: str, **changes: Any) -> Iterator[None]:
    """Let the trial's gateway use a leaking policy."""
    services, answers = trial.client.app.state.services, trial.answers
    services.policy = Leaky(trial.policy, entity, **changes)
    trial.answers = {}
    try:
        yield
    finally:
        services.policy = trial.policy
        trial.answers = answers


async def test_leaking_field_is_detected(trial: Trial) -> None:
    """The property can fail: if a broken policy shows a hidden price, its change alters answers, orders and filters."""
    hidden = (await trial.viewer(HIDDEN)).company_id
    assert hidden is not None
    with leaking(trial, "Port", field="monthly_rate"):
        changed = await trial.try_out(HIDDEN, price_of(trial, hidden), [(document, {}) for document in QUESTIONS])

    assert {each.text for each in QUERIES} & {*(changed or ())}  # also in what the kit asks


LEAKS: Final = {
    "Company": ("company", "trading_name", "{ companies(first: 1000) { nodes { tradingName } } }"),
    "MarketplacePort": ("port", "marketplace_description", "{ marketplacePorts(last: 1000) { nodes { description } } }"),
    "MarketplaceProfile": ("marketplace_profile", "bio", "{ marketplaceProfiles(first: 1000) { nodes { bio } } }"),
    "Offer": ("offer", "name", "{ offers(first: 1000) { nodes { name } } }"),
    "OrderApproval": ("order_approval", "name", "{ orderApprovals(first: 1000) { nodes { name } } }"),
    "Port": ("port", "cost_centre", "{ ports(last: 1000) { nodes { costCentre } } }"),
    "Product": ("product", "title", "{ products(first: 1000) { nodes { title } } }"),
}


@pytest.mark.parametrize("entity", LEAKS)
async def test_leaking_rows_are_detected(trial: Trial, entity: str) -> None:
    """The property can fail: if a broken policy shows hidden rows, a change of one alters an answer."""
    table, column, question = LEAKS[entity]
    kept, lost = [], []
    rows = sorted(trial.market.rows[table].values(), key=lambda row: row["id"].int)
    for row in rows[-200::12]:
        change = Mutation("leaked", ((f"UPDATE {table} SET {column} = 'Another' WHERE id = $1", (row["id"],)),))
        kept.append(await trial.try_out(HIDDEN, change, [(question, {})]))
        with leaking(trial, entity):
            lost.append(await trial.try_out(HIDDEN, change, [(question, {})]))

    hidden = [number for number, changed in enumerate(kept) if changed is not None]
    assert ([[]] * len(hidden), [[question]] * len(hidden)) == ([kept[n] for n in hidden], [lost[n] for n in hidden])
    assert [] != hidden
