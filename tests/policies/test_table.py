"""One table of viewers, rows and fields, checked through every kind of query: all answers match the table.

`+` means visible, `.` means that the viewer can't read the row, `-` means that the field is hidden in a readable row.
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
from policies.evaluation.policy import Policy
from policies.predicates.masks import compile_predicate
from policies.predicates.predicate import Predicate
from policies.predicates.sql import to_column, viewer_parameters
from policies.viewer import ANONYMOUS, Viewer
from resolvers.context import Context
from resolvers.reading.viewers import find_member, load_viewer
from tests import databases
from tests.client import Client, open_client
from tests.factory import Factory, Thing

TABLE: Final = """
                            visitor stranger seller buyer partner hidden shown network editor operator
    company of seller          +       +       +      +      +      +      +      +      +      +
        account_kind           -       -       +      -      -      -      -      -      -      +
        verification_status    -       -       +      -      -      -      -      -      -      +
        verification_due_at    -       -       +      -      -      -      -      -      -      +
        dashboard              -       -       +      -      -      -      -      -      -      +
        invoices               -       -       +      -      -      -      -      -      -      +
    company of buyer           .       .       +      +      .      .      .      .      .      +
        account_kind           .       .       -      +      .      .      .      .      .      +
        verification_status    .       .       -      +      .      .      .      .      .      +
        verification_due_at    .       .       -      +      .      .      .      .      .      +
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
        verification_status    .       .       -      .      +      .      +      +      +      +
        verification_due_at    .       .       -      .      +      .      +      +      +      +
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
SELECTIONS: Final = {  # the selections of fields that are objects
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
    """Return the viewers, and each row's marks by field and viewer. The field None stands for the row itself."""
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
    """A list argument, the rows and the field that it would reveal, and the error code that rejects it."""

    list: str
    rows: str
    field: str
    argument: str
    refusal: str

    def marks(self, viewer: str) -> set[str]:
        """Return the table's marks of the field in the rows that the viewer can read."""
        matching = (fields for row, fields in ROWS.items() if row.startswith(self.rows))
        return {fields[self.field][viewer] for fields in matching if self.field in fields} - {"."}


NARROWINGS: Final = (
    Narrowing("companies", "company of", "account_kind", "filter: {accountKind: DIRECT}", "FORBIDDEN_FILTER"),
    Narrowing("companies", "company of", "verification_status", "filter: {verificationStatus: PENDING}", "FORBIDDEN_FILTER"),
    Narrowing("companies", "company of", "verification_due_at", "orderBy: {field: VERIFICATION_DUE_AT}", "FORBIDDEN_ORDER"),
    Narrowing("companies", "company of", "trading_name", "orderBy: {field: TRADING_NAME}", "FORBIDDEN_ORDER"),
    Narrowing("ports", "port of", "monthly_rate", "orderBy: {field: MONTHLY_RATE}", "FORBIDDEN_ORDER"),
    Narrowing("ports", "port of", "monthly_rate", 'filter: {monthlyRate: {currency: "EUR"}}', "FORBIDDEN_FILTER"),
    Narrowing("ports", "port of", "name", "orderBy: {field: NAME}", "FORBIDDEN_ORDER"),
)


def narrowed() -> Iterator[tuple[str, Narrowing]]:
    """Yield each viewer with each narrowing of rows that it can read some of."""
    yield from ((name, narrowing) for name in VIEWERS for narrowing in NARROWINGS if narrowing.marks(name))


@dataclass(frozen=True)
class Market:
    """The rows of the table, their viewers, and the gateway that serves them."""

    client: Client
    engine: AsyncEngine
    things: dict[str, Thing]
    emails: dict[str, str | None]

    @property
    def policy(self) -> Policy:
        """The gateway's policy."""
        policy: Policy = self.client.app.state.services.policy
        return policy

    async def viewer(self, name: str) -> Viewer:
        """Return the viewer as the policy sees it."""
        email = self.emails[name]
        if email is None:
            return ANONYMOUS
        member = await find_member(self.engine, email)
        assert member is not None
        viewer = await load_viewer(self.client.app.state.services.reader, member.user_id, member.membership_id)
        assert viewer is not None
        return viewer

    async def resource(self, thing: Thing) -> Resource:
        """Return a row and its linked rows, as Oso's concrete verdict expects them."""
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
        """Evaluate a predicate on a row in the database."""
        entity = CATALOGUE[thing.type]
        table = entity.table.alias("t")
        statement = sa.select(to_column(predicate, entity, table)).where(table.c.id == thing.key)
        async with self.engine.connect() as connection:
            return bool(await connection.scalar(statement, viewer_parameters(viewer)))


def _plain(row: Any) -> dict[str, Any]:
    return {name: value.value if isinstance(value, Enum) else value for name, value in row._mapping.items()}


@pytest.fixture(scope="module")
async def market(postgres: Embedded, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Market]:
    """Create the rows of the table in their own database."""
    name = await databases.create(postgres, migrated)
    url = postgres.url(name)
    engine = connect(url)
    things, emails = await fill(Factory(engine))
    async with open_client(url, tmp_path_factory.mktemp("gateway")) as client:
        yield Market(client, engine, things, emails)
    await engine.dispose()
    await databases.drop(postgres, name)


async def fill(factory: Factory) -> tuple[dict[str, Thing], dict[str, str | None]]:
    """Create the rows of the table by name, and return them with the email addresses of its viewers."""
    operator, stranger = await factory.operator(), await factory.company()
    seller, buyer, partner = await factory.company(), await factory.company(), await factory.partner()
    hidden = await factory.managed_account(partner, supported_by="OPERATOR", pricing=False)
    shown = await factory.managed_account(partner, supported_by="PARTNER", pricing=True, ref="CRM-7")
    network = await factory.user(shown.company, "NETWORK_ADMIN")
    editor = await factory.user(shown.company, "MARKETPLACE_EDITOR")
    place = await factory.location()
    public_profile = await factory.profile(seller, visibility="PUBLIC")
    private_profile = await factory.profile(shown.company, visibility="PRIVATE")
    target = await factory.port(seller, place, visibility="PUBLIC")
    ports = [await factory.port(account.company, place, visibility="PUBLIC") for account in (hidden, shown)]
    limited = await factory.product(seller, visibility="LIMITED")
    things: dict[str, Thing] = {
        "company of seller": seller,
        "company of buyer": buyer,
        "company of partner": partner,
        "company of hidden": hidden.company,
        "company of shown": shown.company,
        "account of shown": shown,
        "log of seller": await factory.audit_event(seller),
        "look as shown": await factory.audit_event(partner, kind="VIEW_AS", seen_as=shown.company),
        "invoice of seller": await factory.invoice(seller),
        "invoice of partner": await factory.invoice(partner, lines=[(shown.company, 1_000)]),
        "market of partner": await factory.billing_market(partner),
        "market of hidden": await factory.billing_market(hidden.company),
        "location": place,
        "profile of seller": public_profile,
        "profile of shown": private_profile,
        "target of seller": target.on_marketplace,
        "target of shown": ports[1].on_marketplace,
        "port of seller": target,
        "port of hidden": ports[0],
        "port of shown": ports[1],
        "order of shown": await factory.order_approval(shown, place),
        "order of hidden": await factory.order_approval(hidden, place, status="REJECTED"),
        "limited product": limited,
        "public product": await factory.product(seller, visibility="PUBLIC"),
        "offer": await factory.offer(seller, [shown.company, buyer], product=limited),
        "draft": await factory.offer(seller, [buyer], product=limited, status="DRAFT"),
        "request": await factory.connection_request(ports[1], target),
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
async def test_policy_matches_the_table(market: Market, name: str) -> None:
    """Oso's own verdict, the compiled Python and the compiled SQL match the table."""
    viewer = await market.viewer(name)

    answers: dict[tuple[str, str | None], Any] = {}
    for row, thing in market.things.items():
        resource = await market.resource(thing)
        decision = market.policy.decide(viewer.shape, thing.type)
        is_seen = market.policy.allows(viewer, "read", thing.type, resource)
        verdicts = (is_seen, compile_predicate(decision.rows)(resource, viewer))
        answers[row, None] = (*verdicts, await market.in_sql(thing, viewer, decision.rows))
        for field in ROWS[row]:
            if field is not None and is_seen:
                visible = decision.fields[field].visible
                allowed = market.policy.allows_field(viewer, "read", thing.type, resource, field)
                python = compile_predicate(visible)(resource, viewer)
                answers[row, field] = (allowed, python, await market.in_sql(thing, viewer, visible))

    marks = {(row, field): by_viewer[name] for row, fields in ROWS.items() for field, by_viewer in fields.items()}
    expected = {key: (mark == "+",) * 3 for key, mark in marks.items() if key[1] is None or mark != "."}
    assert expected == answers


@pytest.mark.parametrize("name", VIEWERS)
async def test_verdicts_agree_on_all_fields(market: Market, name: str) -> None:
    """For every field of every readable row, Oso, the compiled Python, SQL and the mask of the loaded record agree."""
    viewer = await market.viewer(name)
    context = Context(market.client.app.state.services, viewer)

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
async def test_node_matches_the_table(market: Market, name: str) -> None:
    """Each row is found by its ID or null, and each of its fields is returned or redacted."""
    answers: dict[tuple[str, str | None], str] = {}
    for row, thing in market.things.items():
        fields = [field for field in ROWS[row] if field is not None]
        selection = " ".join(f"{field}: {_camel(field)} {SELECTIONS.get(field, '')}" for field in fields)
        on_type = f"... on {thing.type} {{ {selection} }}" if fields else ""
        answer = await market.client(
            market.emails[name], f"query ($id: ID!) {{ node(id: $id) {{ id {on_type} }} }}", id=thing.id
        )
        assert [] == answer.errors
        node = answer.data["node"]
        redacted = {redaction.path[1] for redaction in answer.redactions}
        answers[row, None] = "." if node is None else "+"
        for field in fields:
            answers[row, field] = "." if node is None else "-" if field in redacted else "+"

    assert {(row, field): marks[name] for row, fields in ROWS.items() for field, marks in fields.items()} == answers


@pytest.mark.parametrize("name", VIEWERS)
@pytest.mark.parametrize("type_name", sorted(LISTS))
async def test_lists_match_the_table(market: Market, type_name: str, name: str) -> None:
    """A list contains and counts exactly the rows that the viewer can read."""
    field = LISTS[type_name]

    answer = await market.client(market.emails[name], f"{{ {field} {{ nodes {{ id }} totalCount }} }}")

    listed = {node["id"] for node in answer.data[field]["nodes"]}
    rows = {row: thing for row, thing in market.things.items() if thing.type == type_name}
    assert {row: ROWS[row][None][name] == "+" for row in rows} == {row: thing.id in listed for row, thing in rows.items()}
    assert len(answer.data[field]["nodes"]) == answer.data[field]["totalCount"]
    assert ([], []) == (answer.errors, answer.redactions)


@pytest.mark.parametrize(("name", "narrowing"), list(narrowed()), ids=lambda value: getattr(value, "argument", value))
async def test_orders_and_filters_require_a_field_visible_in_every_row_A16(
    market: Market, name: str, narrowing: Narrowing
) -> None:
    """An order or filter is rejected if the table hides its field in any row, and allowed if it's visible in all of them."""
    answer = await market.client(market.emails[name], f"{{ {narrowing.list}({narrowing.argument}) {{ totalCount }} }}")

    assert ([narrowing.refusal] if "-" in narrowing.marks(name) else []) == answer.codes


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)
