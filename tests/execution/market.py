"""What differential tests query: the demo data with random changes, and what clients know of it.

Ids, cursors and slugs are taken from the gateway's responses, so that most operations find something.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from graphql import get_named_type
from sqlalchemy.ext.asyncio import AsyncEngine

from models import STAGED
from policies.catalogue import CATALOGUE
from resolvers.values.identifiers import TAGS, Identifier
from tests.audit_events import EVENTS
from tests.client import ANONYMOUS, DEMO_VIEWERS, OPERATOR
from tests.execution.executors import Request, Sides
from tests.models.factory import any_status
from tests.schema.outline import connections, is_connection, object_type, ways

Place = tuple[str, str, str]  # where a cursor is valid: type, field, order

SWITCHES: Final = ("pricing", "chat_support", "dashboard", "company_profile", "order_approval")
CHANGES: Final[tuple[tuple[str, str, tuple[str, ...], float], ...]] = (  # table, column, values as SQL, share of the rows
    *(("managed_account", name, ("true", "false", "NULL"), 0.5) for name in SWITCHES),
    *(("partner_defaults", name, ("true", "false", "NULL"), 0.5) for name in SWITCHES),
    ("managed_account", "supported_by", ("'PARTNER'", "'OPERATOR'"), 0.3),
    ("managed_account", "account_ref", ("NULL", "'a ref'"), 0.3),
    ("port", "visibility", ("'PUBLIC'", "'PRIVATE'"), 0.2),
    ("port", "status", ("'REQUESTED'", "'ALLOCATED'", "'ACTIVE'", "'DISABLED'", "'DECOMMISSIONED'"), 0.2),
    ("port", "monthly_rate", ("0", "1", "99999999"), 0.1),
    ("port", "currency", ("'JPY'", "'EUR'"), 0.1),
    ("port", "cost_centre", ("NULL", "'c\"é'"), 0.2),
    ("port", "marketplace_name", ("NULL", "'🦆 port'"), 0.2),
    ("port", "marketplace_description", ("NULL", "''"), 0.2),
    ("port", "diversity_zone", ("NULL",), 0.2),
    ("port", "activated_at", ("NULL", "'2026-01-02 03:04:05.678901+02'"), 0.2),
    ("marketplace_profile", "visibility", ("'PUBLIC'", "'PRIVATE'"), 0.3),
    ("marketplace_profile", "logo_id", ("NULL",), 0.1),
    ("marketplace_profile", "bio", ("NULL", "'x'"), 0.2),
    ("marketplace_profile", "website", ("NULL",), 0.2),
    ("marketplace_profile", "headquarters", ("NULL", "'{}'", '\'{"city": "Ulm"}\''), 0.2),
    ("marketplace_profile", "social_links", ("'[]'",), 0.2),
    ("marketplace_profile", "service_types", ("'{}'",), 0.2),
    ("product", "visibility", ("'PUBLIC'", "'LIMITED'", "'RESTRICTED'"), 0.2),
    ("product", "removal_at", ("NULL", "now()"), 0.2),
    ("product", "logo_id", ("NULL",), 0.1),
    ("product", "summary", ("NULL", "'x'"), 0.2),
    ("product_revision", "publish_by", ("now()", "NULL"), 0.2),
    ("product_revision", "slug", ("NULL", "'a-slug'"), 0.2),
    ("change_request", "last_comment_by", ("NULL", "'PUBLISHER'", "'OPERATOR'"), 0.2),
    ("change_request", "publish_by", ("NULL", "now()"), 0.2),
    ("offer", "status", ("'DRAFT'", "'PUBLISHED'", "'ACCEPTED'", "'WITHDRAWN'"), 0.2),
    ("offer", "currency", ("'JPY'",), 0.1),
    ("company", "tax_number", ("NULL",), 0.2),
    ("company", "headquarters", ("NULL",), 0.2),
    ("connection_request", "decided_at", ("NULL",), 0.2),
    ("support_details", "email", ("NULL",), 0.2),
    ("app_user", "job_title", ("NULL",), 0.2),
)
ONLY: Final = {
    ("marketplace_profile", "visibility"): "cardinality(provider_types) > 0",
    ("product", "visibility"): "published_at IS NOT NULL",
    ("offer", "status"): "id NOT IN (SELECT offer_id FROM agreement)",
}
GOING: Final = {"billing_market": 0.1, "offer_buyer": 0.1, "support_details": 0.1, "connection_request": 0.05}


async def change(engine: AsyncEngine, chance: Random) -> None:
    """Change the market at random: settings, visibilities, states and prices differ, and some rows are gone."""
    async with engine.connect() as connection, AsyncExitStack() as free:
        for model in STAGED:
            await free.enter_async_context(any_status(connection, model))
        await connection.execute(sa.text("SELECT setseed(:seed)"), {"seed": chance.random()})
        for table, column, values, part in CHANGES:
            where = f"WHERE {ONLY[table, column]} AND" if (table, column) in ONLY else "WHERE"
            pick = f"(ARRAY[{', '.join(values)}])[1 + floor(random() * {len(values)})::int]"
            kind = await connection.scalar(sa.text(TYPE), {"table": table, "column": column})
            await connection.execute(sa.text(f"UPDATE {table} SET {column} = {pick}::text::{kind} {where} random() < {part}"))
        for table, part in GOING.items():
            kept = "AND (offer_id, company_id) NOT IN (SELECT offer_id, company_id FROM agreement)" * (table == "offer_buyer")
            await connection.execute(sa.text(f"DELETE FROM {table} WHERE random() < {part} {kept}"))


TYPE: Final = """
    SELECT format_type(atttypid, atttypmod) FROM pg_attribute
    WHERE attrelid = CAST(:table AS text)::regclass AND attname = :column
"""


@dataclass
class Known:
    """What clients know: ids by type, cursors by connection and order, slugs, account names and users."""

    ids: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    cursors: dict[Place, list[str]] = field(default_factory=lambda: defaultdict(list))
    slugs: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


async def learn(sides: Sides) -> Known:
    """Collect everything that an argument can name, as the viewers who see the most and those who see the least."""
    known = Known()
    await _log(sides.on.state.services.engine)
    await _ids(known, sides.on.state.services.engine)
    for viewer in DEMO_VIEWERS:
        for place, document in harvest():
            found = (await sides.send(Request(query=document, viewer=viewer))).content
            for edge in _edges(found["data"]):
                known.cursors[place].append(edge["cursor"])
                known.ids[edge["node"]["__typename"]] += [edge["node"]["id"]] * 3
    document = (
        "{ marketplaceProfiles { nodes { slug } } products { nodes { slug } } managedAccounts { nodes { accountName } } }"
    )
    data = (await sides.send(Request(query=document, viewer=OPERATOR))).content["data"]
    known.slugs = [node["slug"] for kind in ("marketplaceProfiles", "products") for node in data[kind]["nodes"]]
    known.names = [node["accountName"] for node in data["managedAccounts"]["nodes"]]
    return known


async def _log(engine: AsyncEngine) -> None:
    """Add events to the audit log, because operations on these sides are not audited."""
    async with engine.begin() as connection:
        for statement in EVENTS:
            await connection.exec_driver_sql(statement)


async def _ids(known: Known, engine: AsyncEngine) -> None:
    """Add some ids of every type, also of rarely visible ones, and the addresses of some users."""
    async with engine.connect() as connection:
        for entity in CATALOGUE:
            if entity.name in TAGS:
                keys = await connection.scalars(sa.text(f"SELECT id FROM {entity.table.description} ORDER BY id LIMIT 400"))
                known.ids[entity.name] += [str(Identifier(entity.name, UUID(int=key.int))) for key in keys][::20]
        known.others = list(await connection.scalars(sa.text("SELECT email FROM app_user ORDER BY id")))[::7]


def harvest() -> Iterator[tuple[Place, str]]:
    """Yield, for each connection in each of its orders, a document that selects cursors."""
    edges = "edges { cursor node { __typename id } }"
    for root in connections():
        yield ("Query", root, ""), f"{{ {root}(first: 7) {{ {edges} }} }}"
    for root, name in (("companies", "TRADING_NAME"), *(("ports", name) for name in ORDERS)):
        for direction in ("ASC", "DESC"):
            order = f"orderBy: {{field: {name}, direction: {direction}}}"
            yield ("Query", root, f"{name} {direction}"), f"{{ x: __typename {root}(first: 7, {order}) {{ {edges} }} }}"
    for name, way in ways().items():
        for each, definition in object_type(name).fields.items():
            if is_connection(get_named_type(definition.type)):
                inner = way.document(f"{each}(first: 3) {{ {edges} }}")
                yield (name, each, ""), f"{{ {way.root}(first: 12) {{ nodes {{ {inner} }} }} }}"


ORDERS: Final = ("CREATED_AT", "NAME", "SPEED_MBPS", "MONTHLY_RATE")
VIEWERS: Final = (*DEMO_VIEWERS, *DEMO_VIEWERS, ANONYMOUS)


def _edges(data: Any) -> Iterator[dict[str, Any]]:
    if isinstance(data, list):
        for each in data:
            yield from _edges(each)
    elif isinstance(data, dict):
        if "cursor" in data:
            yield data
        for each in data.values():
            yield from _edges(each)
