"""The migrations create exactly what the models declare, and remove it again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import AsyncEngine

from models import STAGED, Base
from models.database import downgrade, upgrade

ACCOUNTS = ("app_user", "membership", "session", "api_key")
OWNED = (
    "api_key",
    "agreement",
    "audit_event",
    "billing_market",
    "change_request",
    "connection_request",
    "document",
    "federated_identity",
    "identity_issuer",
    "image",
    "inquiry",
    "invitation",
    "invoice",
    "lead",
    "managed_account",
    "marketplace_profile",
    "membership",
    "notification",
    "offer",
    "order_approval",
    "port",
    "portal_origin",
    "product",
    "product_dimension",
    "product_revision",
    "seller_registration",
    "support_details",
    "export",
    "webhook_delivery",
    "webhook_endpoint",
)
TOLD = (
    "change_request",
    "connection_request",
    "export",
    "lead",
    "managed_account",
    "notification",
    "offer",
    "order_approval",
    "port",
)
TRIGGERS = {
    *((table, "owned") for table in OWNED),
    ("app_user", "user_invitations"),
    ("app_user", "user_invitations_again"),
    ("audit_event", "audit_event_stays"),
    *((table, "credential_ended") for table in ("api_key", "federated_identity", "membership", "portal_origin", "session")),
    ("invitation", "invitation_invitee"),
    *((table, name) for table in TOLD for name in ("told_changed", "told_new")),
    *((model.__table__.name, "lifecycle") for model in STAGED),
    ("connection_request", "request_provider"),
    ("mail", "mails_deferred"),
    ("webhook_change", "webhook_change_deferred"),
    ("export", "export_deferred"),
    ("webhook_delivery", "webhook_delivery_deferred"),
    ("webhook_delivery", "webhook_delivery_replayed"),
    ("marketplace_profile", "profile_visibility"),
    ("agreement", "agreement_facts"),
    ("offer", "buyers_of_offer"),
    ("offer", "dealings_of_offer"),
    ("offer_buyer", "buyer_facts"),
    ("offer", "buyer_states"),
    ("offer_buyer", "dealings_of_new_buyers"),
    ("offer_buyer", "dealings_of_old_buyers"),
    ("location", "location_metro"),
    ("port", "port_metro"),
    ("port", "port_listed"),
    ("port", "port_profile"),
    ("portal_origin", "portal_origin_changed"),
    ("product", "public_products"),
    ("dealing", "dealing_logo"),
    ("company", "products_of_seller"),
    ("product", "product_logo"),
    ("product", "product_seller"),
    ("product", "test_account_visibility"),
    ("product_test_account", "test_account_seller"),
}
TRIGGERS_QUERY = """
    SELECT tgrelid::regclass::text, tgname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid
    WHERE NOT tgisinternal AND relnamespace = 'public'::regnamespace
"""
LEFT_QUERY = """
    SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S', 'v')
    UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typrelid = 0 AND typelem = 0
    UNION ALL SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname NOT IN ('public', 'information_schema')
"""


async def test_tables_match_the_models(engine: AsyncEngine) -> None:
    """Alembic finds no difference between the migrated database and the models."""
    assert [] == await _differences(engine)


async def test_all_triggers_exist(engine: AsyncEngine) -> None:
    """Every derived column has the triggers that maintain it."""
    assert TRIGGERS == {tuple(row) for row in await _rows(engine, TRIGGERS_QUERY)}


async def test_every_owned_table_has_the_partner_trigger(engine: AsyncEngine) -> None:
    """Every table with the columns company_id and partner_id has a trigger that sets partner_id."""
    owned = {name for name, table in Base.metadata.tables.items() if {"company_id", "partner_id"} <= set(table.columns.keys())}
    filled = {table for table, name in await _rows(engine, TRIGGERS_QUERY) if name in {"owned", "buyer_facts"}}

    assert owned == filled


async def test_new_database_has_no_account(engine: AsyncEngine) -> None:
    """A new installation has no default user or API key."""
    async with engine.connect() as connection:
        counts = [await connection.scalar(sa.text(f"SELECT count(*) FROM {name}")) for name in ACCOUNTS]

    assert [0] * len(ACCOUNTS) == counts


async def test_downgrade_leaves_nothing_and_upgrade_recreates_the_same(engine: AsyncEngine) -> None:
    """Downgrading removes tables, functions and triggers. Upgrading again works."""
    await downgrade(engine)
    left = await _rows(engine, LEFT_QUERY)
    await upgrade(engine)

    assert ["alembic_version"] == [name for (name,) in left]
    assert [] == await _differences(engine)
    assert TRIGGERS == {tuple(row) for row in await _rows(engine, TRIGGERS_QUERY)}


async def _differences(engine: AsyncEngine) -> Any:
    def compare(connection: sa.Connection) -> Any:
        options = {"compare_type": True, "compare_server_default": True}
        return compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)

    async with engine.connect() as connection:
        return await connection.run_sync(compare)


async def _rows(engine: AsyncEngine, query: str) -> Sequence[Any]:
    async with engine.connect() as connection:
        return (await connection.execute(sa.text(query))).all()
