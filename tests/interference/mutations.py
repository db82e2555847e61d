"""Random changes of the market: of a column of any row, inserted rows and deleted rows."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from models import Base
from policies.catalogue import CATALOGUE
from policies.evaluation.policy import Policy
from policies.viewer import Viewer
from resolvers.values.identifiers import TAGS, Identifier
from tests.interference.market import TELLS, Eyes, Market, Row

CHANGED: Final = (
    *("port", "port", "offer", "offer", "product", "product", "marketplace_profile", "company", "app_user", "managed_account"),
    *("offer_dimension", "instalment", "connection_request", "membership", "billing_market", "support_details", "image"),
    *("invoice", "invoice_line", "price", "inquiry", "order_approval"),
    *("product_revision", "product_revision", "change_request", "product_dimension", "review_comment"),
)
COMING: Final = (
    *("port", "offer", "product", "connection_request", "membership", "billing_market", "offer_buyer", "offer_buyer"),
    *(
        "app_user",
        "product_test_account",
        "profile_slug",
        "invoice",
        "invoice_line",
        "inquiry",
        "order_approval",
        "product_dimension",
        "review_comment",
        "audit_event",
    ),
)
GOING: Final = (
    *("connection_request", "membership", "billing_market", "offer_buyer", "port", "offer", "product_test_account"),
    *("product_dimension", "review_comment"),
    *("support_details", "marketplace_profile", "invoice", "invoice_line", "price", "inquiry", "order_approval"),
)
KEPT: Final = {  # written by triggers, or part of keys or owners, which never change
    *("id", "company_id", "partner_id", "seller_id", "seller_partner_id", "provider_id", "provider_partner_id", "user_id"),
    *("port_id", "target_port_id", "product_id", "offer_id", "profile_visibility", "public_products", "product_visibility"),
    *("logo_id", "metro", "account_kind", "profile_id", "invoice_id", "account_company_id"),
    *("seller_name", "product_logo_id", "draft_of_id", "revision_id", "change_request_id"),
}
DEPENDENTS: Final = {
    "port": (
        *(("connection_request", "port_id"), ("connection_request", "target_port_id"), ("invoice_line", "port_id")),
        ("order_approval", "port_id"),
    ),
    "offer": (("agreement", "offer_id"),),
    "marketplace_profile": (),
}
UNIQUE_TEXT: Final = {"slug", "email", "account_name"}


@dataclass(frozen=True)
class Mutation:
    """SQL statements for the driver, each with its arguments, and the records they touch."""

    description: str
    statements: tuple[tuple[str, tuple[Any, ...]], ...]
    ids: tuple[str, ...] = ()  # global ids of the touched records
    slugs: tuple[str, ...] = field(default=())
    quotes: tuple[dict[str, Any], ...] = ()  # inputs of the quoting tool for the touched prices

    def __repr__(self) -> str:
        return self.description


def draw_mutation(random: Random, policy: Policy, viewer: Viewer, market: Market) -> Mutation:
    """Draw a change that is likely to be hidden from the viewer. The caller has to check whether it is."""
    eyes = Eyes(policy, viewer, market)
    kind = random.choice(("column", "column", "field", "field", "coming", "going"))
    tables = {"column": CHANGED, "field": _tables_with_hidden_columns(), "coming": COMING, "going": GOING}[kind]
    table = random.choice(tables)
    keys = list(market.rows[table])
    start = random.randrange(len(keys))
    rows = (market.rows[table][keys[(start + step) % len(keys)]] for step in range(min(len(keys), 150)))
    wanted = kind == "field"
    row = next((each for each in rows if _is_read(eyes, table, each) == wanted), None)
    if row is None:
        row = market.rows[table][keys[start]]
    if kind == "coming":
        return _insertion(random, table, row, market)
    if kind == "going":
        return _deletion(table, row)
    return _column(random, table, row, market, eyes, of_visible=wanted)


def _tables_with_hidden_columns() -> tuple[str, ...]:
    return tuple(sorted({str(CATALOGUE[entity].table.description) for entity in TELLS}))


def _is_read(eyes: Eyes, table: str, row: Row) -> bool:
    return any(eyes.reads(entity, row) for entity in CATALOGUE if entity.table.description == table)


def _column(random: Random, table: str, row: Row, market: Market, eyes: Eyes, *, of_visible: bool) -> Mutation:
    """Draw another value for one column. In a visible row, choose a hidden column."""
    entities = [entity for entity in CATALOGUE if entity.table.description == table]
    names = [name for name in row if name not in KEPT]
    if of_visible:
        hidden = [
            name
            for name in names
            if all(
                name in (tells := TELLS.get(entity.name, {})) and not any(eyes.sees(entity, row, each) for each in tells[name])
                for entity in entities
                if eyes.reads(entity, row)
            )
        ]
        names = hidden or names
    name = random.choice(names)
    value = _another(random, table, name, row, market)
    statement = f"UPDATE {table} SET {name} = $2 WHERE id = $1"
    slugs = tuple(text for text in (row.get("slug"), value if name == "slug" else None) if text)
    description = f"{table}.{name} of {row['id']} to {value!r}"
    return Mutation(description, ((statement, (row["id"], value)),), _ids(table, row), slugs, _quotes(table, row))


def _another(random: Random, table: str, name: str, row: Row, market: Market) -> Any:
    """Draw another value for a column: one of another row, which passes every constraint, or a new one."""
    column = Base.metadata.tables[table].columns[name]
    old = row[name]
    fresh = isinstance(column.type, sa.Text | sa.String) and not isinstance(column.type, sa.Enum) and column.type.length is None
    if name in UNIQUE_TEXT or (fresh and random.random() < 0.5):
        return f"{random.choice(('aaa', 'zzz', 'cloud'))}-{_uuid(random).hex[:8]}-{old or ''}"[:60]
    if isinstance(column.type, sa.JSON):
        return json.dumps({"city": "Elsewhere"}) if name == "headquarters" else "[]"
    if isinstance(column.type, sa.Enum):
        return random.choice([each for each in column.type.enums if each != old])
    if name in ("monthly_rate", "setup_fee", "total_value", "price", "amount"):
        return random.choice((0, 1, old + 1, 2**31 - 1))
    if isinstance(old, datetime | date):
        return old + timedelta(days=random.choice((-400, -1, 1, 400)))
    others = [other[name] for other in market.rows[table].values() if other[name] != old]
    return random.choice(others[:50]) if others else old


def _insertion(random: Random, table: str, row: Row, market: Market) -> Mutation:
    """Draw the insertion of a copy of a row, with a new key and new unique values."""
    new = dict(row)
    if "id" in new:
        new["id"] = random.choice((_uuid(random), UUID(int=row["id"].int + 1), UUID(int=1), UUID(int=2**128 - 1)))
    companies = list(market.rows["company"])
    if table in ("offer_buyer", "product_test_account", "billing_market"):
        new["company_id"] = random.choice(companies)[0]
    if table == "audit_event":
        new |= {name: random.choice(companies)[0] for name in ("actor_company_id", "as_company_id")}
    if table == "membership":
        new["user_id"] = random.choice(list(market.rows["app_user"]))[0]
    if table == "invoice":
        new |= {"number": _uuid(random).hex, "currency": "XXX"}
    if table == "app_user":
        new["email"] = f"{_uuid(random).hex}@nowhere.example"
    if table == "profile_slug":
        new["slug"] = f"former-{_uuid(random).hex}"
    names = list(new)
    places = ", ".join(f"${number}" for number in range(1, len(names) + 1))
    statement = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})"
    slugs = (new["slug"],) if table == "profile_slug" else ()
    return Mutation(f"a new {table}: {new}", ((statement, tuple(new.values())),), _ids(table, new), slugs)


def _uuid(random: Random) -> UUID:
    return UUID(int=random.getrandbits(128), version=4)


def _deletion(table: str, row: Row) -> Mutation:
    """Return the deletion of a row and the rows that depend on it."""
    keys = [column.name for column in Base.metadata.tables[table].primary_key.columns]
    before = [(f"DELETE FROM {other} WHERE {column} = $1", (row["id"],)) for other, column in DEPENDENTS.get(table, ())]
    condition = " AND ".join(f"{key} = ${number}" for number, key in enumerate(keys, start=1))
    last = (f"DELETE FROM {table} WHERE {condition}", tuple(row[key] for key in keys))
    slugs = (row["slug"],) if "slug" in row else ()
    return Mutation(
        f"deleted {table} {[row[key] for key in keys]}", (*before, last), _ids(table, row), slugs, _quotes(table, row)
    )


def _quotes(table: str, row: Row) -> tuple[dict[str, Any], ...]:
    """Return the input of the quoting tool that reads a price."""
    if table != "price":
        return ()
    kind, speed = ("ports", "speedMbps") if row["kind"] == "PORT" else ("connections", "rateLimitMbps")
    port_input = {"locationId": str(Identifier("Location", row["location_id"])), speed: row["speed_mbps"]}
    return ({kind: [{**port_input, "termMonths": row["term_months"]}]},)


def _ids(table: str, row: Row) -> tuple[str, ...]:
    """Return every global id that could find a row."""
    entities = [entity.name for entity in CATALOGUE if entity.table.description == table and entity.name in TAGS]
    return tuple(str(Identifier(entity, row["id"])) for entity in entities) if "id" in row else ()
