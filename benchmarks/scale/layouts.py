"""Large tables of ports and audit events, plain and partitioned, each in a schema of its own. All layouts have the same rows.

PostgreSQL generates the rows from their numbers. Triggers, foreign keys and the word index of names are left out: no measured page
uses them. Tables are unlogged, so that they need no space in the write-ahead log.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from models.planner_statistics import n_distinct_statement

START: Final = 1_704_067_200_000  # milliseconds: 1 January 2024
SPAN: Final = 63_072_000_000  # two years, over which all rows are spread
FEW: Final = 100  # rows of the small account, whatever the size
STEP: Final = 500_000  # rows per statement

SHARES: Final = {
    "direct": 0,
    "partner": 1,
    "large account": 2,
}  # each has the rows whose number ends with this, one in a hundred
SMALL: Final = 7  # the small account has row 7 of each hundredth of the table

# Keys of version 7 that sort like their numbers, and owners that depend on the number alone.
FUNCTIONS: Final = f"""
    CREATE SCHEMA simulation;
    CREATE TABLE simulation.cast_member (name text PRIMARY KEY, id uuid NOT NULL, partner_id uuid);
    CREATE FUNCTION simulation.ms(i bigint, n bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT {START} + {SPAN} * i / n $$;
    CREATE FUNCTION simulation.key(i bigint, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
        SELECT (lpad(to_hex(simulation.ms(i, n)), 12, '0') || '7' || lpad(to_hex(i & 4095), 3, '0')
            || '8' || substr(md5(i::text), 1, 15))::uuid
    $$;
    CREATE FUNCTION simulation.draw(i bigint, n bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
        SELECT (hashint8extended(i, 1) & 9223372036854775807) % n
    $$;
    CREATE FUNCTION simulation.company(number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
        SELECT ('00000000000070008' || lpad(to_hex(number), 15, '0'))::uuid
    $$;
"""
HOLDERS: Final = f"""
    SELECT i, :rows AS n, c.id AS cast_id, c.partner_id AS cast_partner, simulation.draw(i, :rows / 100) AS other
    FROM generate_series(:first, :last) i LEFT JOIN simulation.cast_member c ON c.name = CASE
        WHEN i % (:rows / {FEW}) = {SMALL} THEN 'small account' WHEN i % 100 = 0 THEN 'direct' WHEN i % 100 = 1 THEN 'partner'
        WHEN i % 100 = 2 THEN 'large account' END
"""  # noqa: S608 (all parts are ours)
OWNER: Final = "coalesce(cast_id, simulation.company(other))"
# One in three of the other companies is managed, by one of a hundredth as many partners.
PARTNER: Final = (
    "CASE WHEN cast_id IS NOT NULL THEN cast_partner WHEN other % 3 = 0 THEN simulation.company(1000000000 + other / 100) END"
)
ROWS: Final = {
    "port": f"""
        INSERT INTO port (id, company_id, partner_id, location_id, metro, name, name_terms, speed_mbps, term_months, status,
            visibility, profile_visibility, monthly_rate, setup_fee, currency, created_at)
        SELECT simulation.key(i, n), {OWNER}, {PARTNER}, simulation.company(other % 500), 'Metro ' || other % 50,
            'port ' || md5(i::text), '', (ARRAY[1000, 10000, 100000])[1 + i % 3], 12,
            CASE WHEN i / 100 % 20 = 9 THEN 'CANCELLED' ELSE 'ACTIVE' END, CASE WHEN i % 3 = 0 THEN 'PUBLIC' ELSE 'PRIVATE' END,
            CASE WHEN other % 2 = 0 THEN 'PUBLIC' END, other % 1000 * 100, 0, 'EUR',
            to_timestamp(simulation.ms(i, n) / 1000.0)
        FROM ({HOLDERS}) held
    """,  # noqa: S608 (all parts are ours)
    # One in a thousand looks as another company, one in ten is a change.
    "audit_event": f"""
        INSERT INTO audit_event (id, at, kind, company_id, partner_id, actor_company_id, as_company_id, operation_name, counts)
        SELECT simulation.key(i, n), to_timestamp(simulation.ms(i, n) / 1000.0),
            CASE WHEN i % 1000 = 9 THEN 'VIEW_AS' WHEN i / 100 % 10 = 2 THEN 'CHANGE' ELSE 'DENIAL' END, {OWNER}, {PARTNER}, {OWNER},
            CASE WHEN i % 1000 = 9 THEN coalesce(seen.id, simulation.company(other)) END, 'Ports',
            '[{{"type": "Port", "field": "monthlyRate", "reason": "ROLE_REQUIRED", "count": 50}}]'
        FROM ({HOLDERS}) held LEFT JOIN simulation.cast_member seen ON i % 1000 = 9
            AND seen.name = (ARRAY['direct', 'partner', 'large account'])[1 + i / 1000 % 6]
    """,  # noqa: S608 (all parts are ours)
}
# The table's own indexes, but for the primary key and the word index.
INDEXES: Final = """
    SELECT pg_get_indexdef(x.indexrelid) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_am a ON a.oid = i.relam
    WHERE x.indrelid = ('public.' || $1)::regclass AND NOT x.indisprimary AND a.amname = 'btree'
"""

PARTS: Final = "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'p')"

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Layout:
    """One way to store a table. `column` is the partition key, and None for a plain table."""

    name: str
    table: str
    column: str | None = None
    by: str = ""  # HASH or RANGE
    parts: int = 1

    @property
    def schema(self) -> str:
        """The schema with this layout's table."""
        return f"{self.table}_{self.name}".replace(" ", "_")

    def definition(self) -> str:
        """Return the statements that create the empty table."""
        like = f"(LIKE public.{self.table} INCLUDING DEFAULTS)"
        if self.column is None:
            return f"CREATE UNLOGGED TABLE {self.table} {like}"
        parts = (
            f"CREATE UNLOGGED TABLE {self.table}_{part} PARTITION OF {self.table} FOR VALUES {self._values(part)}"
            for part in range(self.parts)
        )
        return ";".join([f"CREATE TABLE {self.table} {like} PARTITION BY {self.by} ({self.column})", *parts])

    def keys(self) -> list[str]:
        """Return the statements that index the key. It's unique in the whole table unless rows are spread by another column."""
        unique = "" if self.by == "HASH" else "UNIQUE "
        return [f"CREATE {unique}INDEX ON {self.table} (id)"]

    def _values(self, part: int) -> str:
        if self.by == "HASH":
            return f"WITH (MODULUS {self.parts}, REMAINDER {part})"
        low = "MINVALUE" if part == 0 else f"'{self._bound(part)}'"
        high = "MAXVALUE" if part == self.parts - 1 else f"'{self._bound(part + 1)}'"
        return f"FROM ({low}) TO ({high})"

    def _bound(self, part: int) -> UUID:
        return lowest_key(part, self.parts)


def lowest_key(part: int, parts: int) -> UUID:
    """Return the lowest key of a part of the time: keys begin with their time."""
    return UUID(int=START + SPAN * part // parts << 80)


def layouts(port_parts: int, event_parts: int) -> tuple[Layout, ...]:
    """Return the layouts to compare: for each table the plain one first."""
    return (
        Layout("plain", "port"),
        Layout("by company", "port", "company_id", "HASH", port_parts),
        Layout("by time", "port", "id", "RANGE", port_parts),
        Layout("plain", "audit_event"),
        Layout("by time", "audit_event", "id", "RANGE", event_parts),
    )


async def prepare(connection: Any, cast: Mapping[str, tuple[UUID, UUID | None]]) -> None:
    """Create the functions that rows are made with, and name the companies that the viewers act for."""
    await connection.execute("DROP SCHEMA IF EXISTS simulation CASCADE")
    await connection.execute(FUNCTIONS)
    members = [(name, *ids) for name, ids in cast.items()]
    await connection.executemany("INSERT INTO simulation.cast_member VALUES ($1, $2, $3)", members)


async def build(connection: Any, layout: Layout, rows: int, progress: Progress) -> None:
    """Create and fill the table of a layout."""
    await connection.execute(f"DROP SCHEMA IF EXISTS {layout.schema} CASCADE; CREATE SCHEMA {layout.schema}")
    await connection.execute(
        f"SET search_path = {layout.schema}, public; SET work_mem = '256MB'; SET maintenance_work_mem = '1GB'"
    )
    await connection.execute(layout.definition())
    for first in range(1, rows + 1, STEP):
        last = min(first + STEP - 1, rows)
        await connection.execute(_numbered(ROWS[layout.table], rows=rows, first=first, last=last))
        progress(f"{layout.table} {layout.name}: {last:,} of {rows:,} rows")
    definitions = [row[0] for row in await connection.fetch(INDEXES, layout.table)]
    own = [text.replace(f" ON public.{layout.table} ", f" ON {layout.schema}.{layout.table} ") for text in definitions]
    for number, definition in enumerate([*layout.keys(), *own], 1):
        await connection.execute(definition)
        progress(f"{layout.table} {layout.name}: {number} of {len(own) + 1} indexes")
    for (part,) in await connection.fetch(PARTS, layout.schema):
        await connection.execute(n_distinct_statement(part, ["company_id", "partner_id"]))
    await connection.execute(f"VACUUM (ANALYZE) {layout.table}")


async def size(connection: Any, layout: Layout) -> int:
    """Return the bytes of a layout's table and its indexes."""
    query = (
        "SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind = 'r'"
    )
    found: int = await connection.fetchval(query, layout.schema)
    return found


def removal(layout: Layout, parts: int) -> str | None:
    """Return the statement that removes the oldest of `parts` of the time. None if the layout isn't stored by time."""
    if layout.by == "HASH":
        return None
    if layout.column is not None:
        return f"DROP TABLE {layout.table}_0"
    return f"DELETE FROM {layout.table} WHERE id < '{lowest_key(1, parts)}'"  # noqa: S608 (all parts are ours)


async def drop(connection: Any, layout: Layout) -> None:
    """Remove a layout's table."""
    await connection.execute(f"DROP SCHEMA {layout.schema} CASCADE")


def _numbered(statement: str, **numbers: int) -> str:
    for name, number in numbers.items():
        statement = statement.replace(f":{name}", f"{number}::bigint")
    return statement
