"""A database with any number of offers. One seller has 1,000 of them and one buyer receives 1,000, spread evenly.

PostgreSQL generates the same rows each time from row numbers. Triggers would take minutes for a million offers, so they're
disabled, and the statements fill in the columns that triggers derive.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from benchmarks.workload.database import KNOWN, Database, postmaster
from benchmarks.workload.viewers import email
from models.database import connect, upgrade
from models.embedded import SUPERUSER, Embedded

SELLER: Final = "seller"
BUYER: Final = "buyer"
OFFERS_PER_VIEWER: Final = 1_000  # whatever the total
COMPANIES: Final = 20_000  # number 1 is the seller, number 2 the buyer
BATCH: Final = 50_000  # offers per statement

# A UUIDv7 from a number; keys sort like the numbers.
KEYS: Final = """
    CREATE FUNCTION key(number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
        SELECT (lpad(to_hex(1700000000000 + number), 12, '0') || '7' || substr(md5(number::text), 1, 3)
            || '8' || substr(md5(number::text), 4, 15))::uuid
    $$
"""
COMPANY_ROWS: Final = """
    INSERT INTO company
        (id, trading_name, legal_name, account_kind, company_type, verification_status, country, created_at)
    SELECT key(i), 'Company ' || i, 'Company ' || i || ' Ltd', 'DIRECT', 'ENTERPRISE', 'VERIFIED', 'DE', now()
    FROM generate_series(1, :companies) i
"""
PRODUCT_ROWS: Final = """
    INSERT INTO product (id, company_id, seller_name, title, slug, kind, visibility, categories, highlights, keywords, supports,
        related_ids, customer_references, created_at)
    SELECT key(i), key(i), 'Company ' || i, 'Product ' || i, 'product-' || i, 'SERVICE', 'LIMITED', ARRAY['TRAINING'], '{}', '{}',
        '{}', '{}', '{}', now()
    FROM generate_series(1, :companies) i
"""
USER: Final = "INSERT INTO app_user (id, email, name, created_at) VALUES (key(:number), :email, :name, now())"
MEMBER: Final = """
    INSERT INTO membership (id, user_id, company_id, roles, created_at)
    VALUES (key(:number), key(:number), key(:number), ARRAY['ACCOUNT_ADMIN'], now())
"""
# One offer in every `:every` belongs to the seller, and the next one goes to the buyer.
OFFERS: Final = """
    INSERT INTO offer (id, company_id, product_id, name, status, payment_model, currency, total_value,
        contract_end_date, expires_on, created_at)
    SELECT key(i), key(s), key(s), 'Offer ' || i, 'PUBLISHED', 'UPFRONT', 'EUR', 1000 + i % 9000, '2028-01-01', '2027-01-01', now()
    FROM (
        SELECT i, CASE WHEN i % :every = 0 THEN 1 ELSE 3 + abs(hashint8(i)::bigint) % (:companies - 2) END AS s
        FROM generate_series(cast(:first AS bigint), :last) i
    ) numbered
"""
BUYERS: Final = """
    INSERT INTO offer_buyer (offer_id, company_id, seller_id, product_id, status, expiry_key)
    SELECT DISTINCT key(i), key(b), o.company_id, o.product_id, o.status, o.expiry_key
    FROM generate_series(cast(:first AS bigint), :last) i JOIN offer o ON o.id = key(i)
    CROSS JOIN LATERAL (
        SELECT CASE WHEN n = 1 AND i % :every = 1 THEN 2 ELSE 3 + abs(hashint8(i * 31 + n)::bigint) % (:companies - 2) END
        FROM generate_series(1, 2) n
    ) chosen (b)
    WHERE key(b) <> o.company_id
"""
DEALINGS: Final = """
    INSERT INTO dealing (product_id, buyer_id, status, seller_id, offers)
    SELECT product_id, company_id, 'PUBLISHED', seller_id, count(*) FROM offer_buyer GROUP BY 1, 2, 3, 4
"""


async def offers(server: Embedded, count: int, progress: Callable[[str], None]) -> Database:
    """Return a database with `count` offers, at least 2,000. Creates it unless an earlier run has completed it."""
    name = f"offers_{count}"
    engine = connect(server.url(SUPERUSER))
    try:
        async with engine.connect() as connection:
            if not await connection.scalar(KNOWN, {"name": name}):
                await connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{name}_new" WITH (FORCE)'))
                await make(server, f"{name}_new", count, progress)
                await connection.execute(sa.text(f'ALTER DATABASE "{name}_new" RENAME TO "{name}"'))
    finally:
        await engine.dispose()
    await _upgrade(server.url(name))
    return Database(server.url(name), postmaster(server))


async def _upgrade(url: str) -> None:
    """Upgrade a database from an earlier run to the current schema."""
    engine = connect(url)
    try:
        await upgrade(engine)
    finally:
        await engine.dispose()


async def make(server: Embedded, name: str, count: int, progress: Callable[[str], None]) -> None:
    """Create a database with `count` offers."""
    engine = connect(await server.database(name))
    try:
        await upgrade(engine)
        async with engine.connect() as connection:
            await connection.execute(sa.text("SET session_replication_role = replica"))  # no triggers, no foreign keys
            await connection.execute(sa.text("SET synchronous_commit = off"))
            await connection.execute(sa.text(KEYS))
            await _companies(connection)
            numbers = {"companies": COMPANIES, "every": count // OFFERS_PER_VIEWER}
            for first in range(1, count + 1, BATCH):
                last = min(first + BATCH - 1, count)
                for statement in (OFFERS, BUYERS):
                    await connection.execute(sa.text(statement), {**numbers, "first": first, "last": last})
                progress(f"storing offers: {last:,} of {count:,}")
            await connection.execute(sa.text(DEALINGS))
            progress("analyzing")
            await connection.execute(sa.text("VACUUM (ANALYZE)"))
    finally:
        await engine.dispose()


async def _companies(connection: AsyncConnection) -> None:
    for statement in (COMPANY_ROWS, PRODUCT_ROWS):
        await connection.execute(sa.text(statement), {"companies": COMPANIES})
    for number, name in ((1, SELLER), (2, BUYER)):
        await connection.execute(sa.text(USER), {"number": number, "email": email(name), "name": name})
        await connection.execute(sa.text(MEMBER), {"number": number})
