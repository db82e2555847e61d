"""One table of viewers, rows and fields, asked in every way there is: all of them give the answer that the table gives.

`+` is seen, `.` is a row that is not there for the viewer, `-` is a field that is hidden in a row that is.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models.database import connect
from models.embedded import Embedded
from policies.catalogue import CATALOGUE
from policies.entity import Resource
from policies.masks import compile_predicate
from policies.policy import Policy
from policies.predicate import Predicate
from policies.sql import to_column, viewer_parameters
from policies.viewer import ANONYMOUS, Viewer
from resolvers.context import Context
from resolvers.viewer import find_member, load_viewer
from tests import databases
from tests.client import Client, open_client
from tests.factory import Factory, Thing

TABLE: Final = """
                            visitor stranger seller buyer partner hidden shown network editor operator
    company of seller          +       +       +      +      +      +      +      +      +      +
        account_kind           -       -       +      -      -      -      -      -      -      +
        dashboard              -       -       +      -      -      -      -      -      -      +
        invoices               -       -       +      -      -      -      -      -      -      +
    company of buyer           .       .       +      +      .      .      .      .      .      +
        account_kind           .       .       -      +      .      .      .      .      .      +
    company of partner         .       .       .      .      +      +      +      +      +      +
        billing_markets        .       .       .      .      +      -      -      -      -      +
        support_details        .       .       .      .      +      -      -      -      -      +
        dashboard              .       .       .      .      +      -      -      -      -      +
        invoices               .       .       .      .      +      -      -      -      -      +
        partner_defaults       .       .       .      .      +      -      -      -      -      +
        version                .       .       .      .      +      -      -      -      -      -
    company of hidden          .       .       .      .      +      +      .      .      .      +
        support_details        .       .       .      .      +      -      .      .      .      +
    company of shown           .       .       +      .      +      .      +      +      +      +
        trading_name           .       .       +      .      +      .      +      +      +      +
        account_kind           .       .       -      .      +      .      +      +      +      +
        partner                .       .       -      .      +      .      +      +      +      +
        company_profile        .       .       -      .      +      .      -      -      -      +
        marketplace_profile    .       .       +      .      +      .      -      -      -      +
        billing_markets        .       .       -      .      +      .      -      -      -      +
        support_details        .       .       -      .      +      .      +      +      +      +
        members                .       .       -      .      +      .      +      +      +      +
        dashboard              .       .       -      .      +      .      -      -      -      +
        invoices               .       .       -      .      +      .      -      -      -      +
        partner_defaults       .       .       -      .      -      .      -      -      -      +
        version                .       .       -      .      +      .      -      -      -      -
    log of seller              .       .       +      .      .      .      .      .      .      +
        at                     .       .       +      .      .      .      .      .      .      +
        operation_name         .       .       +      .      .      .      .      .      .      +
    look as shown              .       .       .      .      +      .      +      .      .      +
        user                   .       .       .      .      +      .      +      .      .      +
        operation_name         .       .       .      .      +      .      -      .      .      +
    account of shown           .       .       .      .      +      .      +      +      +      +
        account_ref            .       .       .      .      +      .      -      -      -      +
        settings               .       .       .      .      +      .      +      +      +      +
        version                .       .       .      .      +      .      -      -      -      -
    invoice of seller          .       .       +      .      .      .      .      .      .      +
        total                  .       .       +      .      .      .      .      .      .      +
    invoice of partner         .       .       .      .      +      .      .      .      .      +
        lines                  .       .       .      .      +      .      .      .      .      +
    market of partner          .       .       .      .      +      .      .      .      .      +
    market of hidden           .       .       .      .      +      .      .      .      .      +
    location                   +       +       +      +      +      +      +      +      +      +
    profile of seller          +       +       +      +      +      +      +      +      +      +
        company_name           +       +       +      +      +      +      +      +      +      +
        contact_email          -       +       +      +      +      +      +      +      +      +
    profile of shown           .       .       .      .      +      .      .      .      .      +
    target of seller           +       +       +      +      +      +      +      +      +      +
    target of shown            .       .       .      .      .      .      .      .      .      .
    port of seller             .       .       +      .      .      .      .      .      .      +
        monthly_rate           .       .       +      .      .      .      .      .      .      +
    port of hidden             .       .       .      .      +      +      .      .      .      +
        monthly_rate           .       .       .      .      +      -      .      .      .      +
    port of shown              .       .       .      .      +      .      +      +      +      +
        name                   .       .       .      .      +      .      +      +      +      +
        monthly_rate           .       .       .      .      +      .      +      -      -      +
        marketplace_name       .       .       .      .      +      .      -      -      -      +
        version                .       .       .      .      +      .      +      +      -      -
    order of shown             .       .       .      .      +      .      +      +      +      +
        name                   .       .       .      .      +      .      +      +      +      +
        monthly_rate           .       .       .      .      +      .      +      -      -      +
    order of hidden            .       .       .      .      +      +      .      .      .      +
        monthly_rate           .       .       .      .      +      -      .      .      .      +
    limited product            .       .       +      +      +      .      +      +      +      +
    public product             +       +       +      +      +      +      +      +      +      +
    offer                      .       .       +      +      +      .      +      .      +      +
        name                   .       .       +      +      +      .      +      .      +      +
        total_value            .       .       +      +      +      .      +      .      -      +
    draft                      .       .       +      .      .      .      .      .      .      +
    request                    .       .       +      .      +      .      +      +      +      +
    membership of editor       .       .       .      .      +      .      +      +      +      +
    user of editor             .       .       .      .      +      .      +      +      +      +
        name                   .       .       .      .      +      .      +      +      +      +
        email                  .       .       .      .      +      .      +      -      +      +
"""
SELECTIONS: Final = {  # what is asked of fields that are objects
    "billing_markets": "{ id }",
    "company_profile": "{ country }",
    "dashboard": "{ ordersWaiting }",
    "invoices": "{ totalCount }",
    "lines": "{ description }",
    "marketplace_profile": "{ id }",
    "members": "{ totalCount }",
    "monthly_rate": "{ amount }",
    "partner": "{ id }",
    "partner_defaults": "{ pricing }",
    "settings": "{ pricing { enabled } }",
    "support_details": "{ phone }",
    "total": "{ amount }",
    "total_value": "{ amount }",
    "user": "{ id }",
}
LISTS: Final = {
    "Company": "companies",
    "Location": "locations",
    "ManagedAccount": "managedAccounts",
    "MarketplacePort": "marketplacePorts",
    "MarketplaceProfile": "marketplaceProfiles",
    "Offer": "offers",
    "OrderApproval": "orderApprovals",
    "Port": "ports",
    "Product": "products",
}


def read(table: str) -> tuple[tuple[str, ...], dict[str, dict[str | None, dict[str, str]]]]:
    """The viewers, and of each row the marks by field and viewer; of the row itself under None."""
    head, *lines = table.strip("\n").splitlines()
    viewers = tuple(head.split())
    rows: dict[str, dict[str | None, dict[str, str]]] = {}
    row = ""
    for line in lines:
        name, marks = re.split(r" {2,}", line.strip(), maxsplit=1)
        is_field = line.startswith(" " * 8)
        row = row if is_field else name
        rows.setdefault(row, {})[name if is_field else None] = dict(zip(viewers, marks.split(), strict=True))
    return viewers, rows


VIEWERS, ROWS = read(TABLE)


@dataclass(frozen=True)
class Narrowing:
    """An argument of a list, the rows and the field that it would tell of, and how it is refused."""

    list: str
    rows: str
    field: str
    argument: str
    refusal: str

    def marks(self, viewer: str) -> set[str]:
        """What the table says of the field in the rows that the viewer reads; nothing if there are none."""
        told = (fields for row, fields in ROWS.items() if row.startswith(self.rows))
        return {fields[self.field][viewer] for fields in told if self.field in fields} - {"."}


NARROWINGS: Final = (
    Narrowing("companies", "company of", "account_kind", "filter: {accountKind: DIRECT}", "FORBIDDEN_FILTER"),
    Narrowing("companies", "company of", "trading_name", "orderBy: {field: TRADING_NAME}", "FORBIDDEN_ORDER"),
    Narrowing("ports", "port of", "monthly_rate", "orderBy: {field: MONTHLY_RATE}", "FORBIDDEN_ORDER"),
    Narrowing("ports", "port of", "monthly_rate", 'filter: {monthlyRate: {currency: "EUR"}}', "FORBIDDEN_FILTER"),
    Narrowing("ports", "port of", "name", "orderBy: {field: NAME}", "FORBIDDEN_ORDER"),
)


def narrowed() -> Iterator[tuple[str, Narrowing]]:
    """Each viewer with each narrowing of rows of which it reads any."""
    yield from ((name, narrowing) for name in VIEWERS for narrowing in NARROWINGS if narrowing.marks(name))


@dataclass(frozen=True)
class Market:
    """The rows of the table, who looks at them, and the gateway over them."""

    ask: Client
    engine: AsyncEngine
    things: dict[str, Thing]
    emails: dict[str, str | None]

    @property
    def policy(self) -> Policy:
        """The policy that the gateway asks."""
        policy: Policy = self.ask.app.state.services.policy
        return policy

    async def viewer(self, name: str) -> Viewer:
        """The viewer as policy knows it."""
        email = self.emails[name]
        if email is None:
            return ANONYMOUS
        member = await find_member(self.engine, email)
        assert member is not None
        viewer = await load_viewer(self.ask.app.state.services.reader, member.user_id, member.membership_id)
        assert viewer is not None
        return viewer

    async def resource(self, thing: Thing) -> Resource:
        """The row of a thing with the rows of its links, as Oso's concrete verdict takes it."""
        entity = CATALOGUE[thing.type]
        async with self.engine.connect() as connection:
            found = (await connection.execute(sa.select(entity.table).where(entity.table.c.id == thing.key))).one()
            row = _plain(found)
            links = {}
            for link in entity.links:
                linked = await connection.execute(sa.select(link.table).where(link.table.c[link.remote] == row[link.local]))
                links[link.name] = [link.resource(**_plain(other)) for other in linked]
        return entity.resource(**row, **links)

    async def in_sql(self, thing: Thing, viewer: Viewer, predicate: Predicate) -> bool:
        """What the database says of a predicate over the row of a thing."""
        entity = CATALOGUE[thing.type]
        table = entity.table.alias("t")
        statement = sa.select(to_column(predicate, entity, table)).where(table.c.id == thing.key)
        async with self.engine.connect() as connection:
            return bool(await connection.scalar(statement, viewer_parameters(viewer)))


def _plain(row: Any) -> dict[str, Any]:
    return {name: value.value if isinstance(value, Enum) else value for name, value in row._mapping.items()}


@pytest.fixture(scope="module")
async def market(postgres: Embedded, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Market]:
    """The rows of the table in a database of their own."""
    name = await databases.create(postgres, migrated)
    url = postgres.url(name)
    engine = connect(url)
    things, emails = await fill(Factory(engine))
    async with open_client(url, tmp_path_factory.mktemp("gateway")) as ask:
        yield Market(ask, engine, things, emails)
    await engine.dispose()
    await databases.drop(postgres, name)


async def fill(given: Factory) -> tuple[dict[str, Thing], dict[str, str | None]]:
    """Make what the table speaks of: its rows by name, and the addresses of its viewers."""
    operator, stranger = await given.operator(), await given.company()
    seller, buyer, partner = await given.company(), await given.company(), await given.partner()
    hidden = await given.managed_account(partner, supported_by="OPERATOR", pricing=False)
    shown = await given.managed_account(partner, supported_by="PARTNER", pricing=True, ref="CRM-7")
    network = await given.user(shown.company, "NETWORK_ADMIN")
    editor = await given.user(shown.company, "MARKETPLACE_EDITOR")
    place = await given.location()
    public_profile = await given.profile(seller, visibility="PUBLIC")
    private_profile = await given.profile(shown.company, visibility="PRIVATE")
    target = await given.port(seller, place, visibility="PUBLIC")
    ports = [await given.port(account.company, place, visibility="PUBLIC") for account in (hidden, shown)]
    limited = await given.product(seller, visibility="LIMITED")
    things: dict[str, Thing] = {
        "company of seller": seller,
        "company of buyer": buyer,
        "company of partner": partner,
        "company of hidden": hidden.company,
        "company of shown": shown.company,
        "account of shown": shown,
        "log of seller": await given.audit_event(seller),
        "look as shown": await given.audit_event(partner, kind="VIEW_AS", seen_as=shown.company),
        "invoice of seller": await given.invoice(seller),
        "invoice of partner": await given.invoice(partner, lines=[(shown.company, 1_000)]),
        "market of partner": await given.billing_market(partner),
        "market of hidden": await given.billing_market(hidden.company),
        "location": place,
        "profile of seller": public_profile,
        "profile of shown": private_profile,
        "target of seller": target.on_marketplace,
        "target of shown": ports[1].on_marketplace,
        "port of seller": target,
        "port of hidden": ports[0],
        "port of shown": ports[1],
        "order of shown": await given.order_approval(shown, place),
        "order of hidden": await given.order_approval(hidden, place, status="REJECTED"),
        "limited product": limited,
        "public product": await given.product(seller, visibility="PUBLIC"),
        "offer": await given.offer(seller, [shown.company, buyer], product=limited),
        "draft": await given.offer(seller, [buyer], product=limited, status="DRAFT"),
        "request": await given.connection_request(ports[1], target),
        "membership of editor": editor.membership,
        "user of editor": editor,
    }
    emails = {
        "visitor": None,
        "stranger": stranger.admin,
        "seller": seller.admin,
        "buyer": buyer.admin,
        "partner": partner.admin,
        "hidden": hidden.admin,
        "shown": shown.admin,
        "network": network.email,
        "editor": editor.email,
        "operator": operator.admin,
    }
    return things, emails


@pytest.mark.parametrize("name", VIEWERS)
async def test_policy_says_of_each_row_and_field_what_the_table_says(market: Market, name: str) -> None:
    """Oso's own verdict, the compiled Python and the compiled SQL are those of the table."""
    viewer = await market.viewer(name)

    said: dict[tuple[str, str | None], Any] = {}
    for row, thing in market.things.items():
        resource = await market.resource(thing)
        decision = market.policy.decide(viewer.shape, thing.type)
        is_seen = market.policy.allows(viewer, "read", thing.type, resource)
        verdicts = (is_seen, compile_predicate(decision.rows)(resource, viewer))
        said[row, None] = (*verdicts, await market.in_sql(thing, viewer, decision.rows))
        for field in ROWS[row]:
            if field is not None and is_seen:
                visible = decision.fields[field].visible
                allowed = market.policy.allows_field(viewer, "read", thing.type, resource, field)
                python = compile_predicate(visible)(resource, viewer)
                said[row, field] = (allowed, python, await market.in_sql(thing, viewer, visible))

    marks = {(row, field): by_viewer[name] for row, fields in ROWS.items() for field, by_viewer in fields.items()}
    expected = {key: (mark == "+",) * 3 for key, mark in marks.items() if key[1] is None or mark != "."}
    assert expected == said


@pytest.mark.parametrize("name", VIEWERS)
async def test_policy_agrees_with_itself_on_all_other_fields(market: Market, name: str) -> None:
    """Of every field of every row that is seen, Oso, the compiled Python, SQL and the mask of the loaded record say the same."""
    viewer = await market.viewer(name)
    context = Context(market.ask.app.state.services, viewer)

    differences = []
    for row, thing in market.things.items():
        resource = await market.resource(thing)
        (record,) = await context.loaders.rows(thing.type, [thing.key])
        if record is None:
            continue
        for field, rule in market.policy.decide(viewer.shape, thing.type).fields.items():
            verdicts = (
                market.policy.allows_field(viewer, "read", thing.type, resource, field),
                compile_predicate(rule.visible)(resource, viewer),
                await market.in_sql(thing, viewer, rule.visible),
                field not in record.hidden,
            )
            if len(set(verdicts)) > 1:
                differences.append((row, field, verdicts))

    assert [] == differences


@pytest.mark.parametrize("name", VIEWERS)
async def test_node_finds_what_the_table_says(market: Market, name: str) -> None:
    """By its id each row is found or null, and each of its fields told or redacted."""
    said: dict[tuple[str, str | None], str] = {}
    for row, thing in market.things.items():
        fields = [field for field in ROWS[row] if field is not None]
        selection = " ".join(f"{field}: {_camel(field)} {SELECTIONS.get(field, '')}" for field in fields)
        on_type = f"... on {thing.type} {{ {selection} }}" if fields else ""
        answer = await market.ask(market.emails[name], f"query ($id: ID!) {{ node(id: $id) {{ id {on_type} }} }}", id=thing.id)
        assert [] == answer.errors
        node = answer.data["node"]
        redacted = {redaction.path[1] for redaction in answer.redactions}
        said[row, None] = "." if node is None else "+"
        for field in fields:
            said[row, field] = "." if node is None else "-" if field in redacted else "+"

    assert {(row, field): marks[name] for row, fields in ROWS.items() for field, marks in fields.items()} == said


@pytest.mark.parametrize("name", VIEWERS)
@pytest.mark.parametrize("type_name", sorted(LISTS))
async def test_lists_hold_and_count_what_the_table_says(market: Market, type_name: str, name: str) -> None:
    """A list has the rows of the table that the viewer reads, none that it does not, and counts what it has."""
    field = LISTS[type_name]

    answer = await market.ask(market.emails[name], f"{{ {field} {{ nodes {{ id }} totalCount }} }}")

    listed = {node["id"] for node in answer.data[field]["nodes"]}
    rows = {row: thing for row, thing in market.things.items() if thing.type == type_name}
    assert {row: ROWS[row][None][name] == "+" for row in rows} == {row: thing.id in listed for row, thing in rows.items()}
    assert len(answer.data[field]["nodes"]) == answer.data[field]["totalCount"]
    assert ([], []) == (answer.errors, answer.redactions)


@pytest.mark.parametrize(("name", "narrowing"), list(narrowed()), ids=lambda value: getattr(value, "argument", value))
async def test_orders_and_filters_are_open_to_whoever_sees_the_field_everywhere_A16(
    market: Market, name: str, narrowing: Narrowing
) -> None:
    """An order or a filter is refused where the table hides its field in any row, and not where it shows it in all."""
    answer = await market.ask(market.emails[name], f"{{ {narrowing.list}({narrowing.argument}) {{ totalCount }} }}")

    assert ([narrowing.refusal] if "-" in narrowing.marks(name) else []) == answer.codes


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)
