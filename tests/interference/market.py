"""The stored market, and what Oso itself hides from a viewer, row by row and field by field.

Nothing here uses the compiled policy, so the result doesn't depend on the SQL under test.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from models import Base
from policies.catalogue import CATALOGUE
from policies.entity import Entity
from policies.evaluation.policy import Policy
from policies.viewer import Viewer

Row = dict[str, Any]
Key = tuple[Any, ...]
UNREAD: Final = {"document": {"content"}, "image": {"content"}, "offer_document": {"content"}}
TABLES: Final = sorted(
    {str(entity.table.description) for entity in CATALOGUE}
    | {str(link.table.description) for entity in CATALOGUE for link in entity.links}
    | {"partner_defaults", "profile_slug"}
)
CHANGED: Final = "xmin = pg_current_xact_id()::xid"  # by this transaction
SIZES: Final = " UNION ALL ".join(
    f"SELECT '{name}', count(*), count(*) FILTER (WHERE {CHANGED}) FROM {name}" for name in TABLES
)

# For a visible row: the fields that reveal a column. A column that isn't listed is always visible, or policy reads it.
TELLS: Final[dict[str, dict[str, set[str]]]] = {
    "Company": {
        **{
            name: {"company_profile"} for name in ("legal_name", "registration_number", "tax_number", "country", "headquarters")
        },
        "verification_status": {"verification_status"},
        **{name: {name} for name in ("verification_reason", "verification_submitted_at", "verification_due_at")},
        "distribution_agreement": {"distribution_agreement"},
        "auto_publish_allowed": {"auto_publish_allowed"},
        "created_at": set(),
        "version": {"version"},
    },
    "Dashboard": {column.name: set() for column in CATALOGUE["Dashboard"].table.c},  # it shows ports, not its company
    "ManagedAccount": {"account_ref": {"account_ref"}, "created_at": set(), "version": {"version"}},
    "MarketplacePort": {
        "marketplace_description": {"description"},
        **{name: set() for name in ("name", "monthly_rate", "setup_fee", "currency", "cost_centre", "diversity_zone")},
        **{name: set() for name in ("term_months", "created_at", "activated_at", "demarcation", "version")},
    },
    "MarketplaceProfile": {
        **{name: {name} for name in ("contact_email", "phone", "version")},
        "created_at": set(),
    },
    "Agreement": {"total_value": {"total_value"}, "currency": {"total_value"}},
    "Lead": {"version": {"version"}, "user_id": set()},
    "Offer": {
        "total_value": {"total_value"},
        "currency": {"total_value"},
        **{name: {name} for name in ("zero_price_confirmed", "approval_reason", "rejection_reason", "version")},
        "document_ids": {"documents"},
        "submitted_by": set(),
    },
    "OfferDocument": {"pages": {"pages"}, "bytes": {"bytes"}, "sha256": set(), "created_at": set()},
    "OrderApproval": {
        "monthly_rate": {"monthly_rate"},
        "setup_fee": {"setup_fee"},
        "currency": {"monthly_rate", "setup_fee"},
    },
    "OfferDimension": {"price": {"price"}, "currency": {"price"}},
    "Instalment": {"amount": {"amount"}, "currency": {"amount"}},
    "Port": {
        "monthly_rate": {"monthly_rate"},
        "setup_fee": {"setup_fee"},
        "currency": {"monthly_rate", "setup_fee"},
        "marketplace_name": {"marketplace_name"},
        "marketplace_description": {"marketplace_description"},
        "version": {"version"},
    },
    "Product": {"customer_references": {"customer_references"}},
    "ProductRevision": {"version": {"version"}},
    "SupportDetails": {"version": {"version"}},
    "User": {"email": {"email"}, "created_at": set()},
}


class Market:
    """A snapshot of all rows of all tables."""

    def __init__(self, rows: dict[str, dict[Key, Row]]) -> None:
        self.rows = rows
        self.verdicts: dict[tuple[Any, ...], bool] = {}  # Oso takes milliseconds for each, and cases ask for the same ones
        self._linked: dict[tuple[str, str], dict[Any, list[Row]]] = {}

    @classmethod
    async def read(cls, connection: Any) -> Market:
        """Read the market over a driver connection."""
        return cls({name: await _rows(connection, name, "true") for name in TABLES})

    async def after(self, connection: Any) -> Market:
        """Return the market as a connection's transaction has changed it. Unchanged tables are the same objects."""
        rows = {**self.rows}
        for name, size, changed_rows in await connection.fetch(SIZES):
            if changed_rows or size != len(self.rows[name]):
                new = await _rows(connection, name, CHANGED)
                left = {tuple(row) for row in await connection.fetch(f"SELECT {', '.join(_keys(name))} FROM {name}")}
                rows[name] = {key: new.get(key) or self.rows[name][key] for key in left}
        market = Market(rows)
        market._linked = {key: index for key, index in self._linked.items() if rows[key[0]] is self.rows[key[0]]}
        return market

    def linked(self, table: str, column: str, value: Any) -> list[Row]:
        """Return the rows of a table whose column has a value."""
        if (table, column) not in self._linked:
            index: dict[Any, list[Row]] = defaultdict(list)
            for row in self.rows[table].values():
                index[row[column]].append(row)
            self._linked[table, column] = index
        return self._linked[table, column].get(value, []) if value is not None else []


def _keys(table: str) -> list[str]:
    return [column.name for column in Base.metadata.tables[table].primary_key.columns]


async def _rows(connection: Any, table: str, condition: str) -> dict[Key, Row]:
    stored = (column.name for column in Base.metadata.tables[table].columns if column.computed is None)
    columns = [name for name in stored if name not in UNREAD.get(table, ())]
    found = await connection.fetch(f"SELECT {', '.join(columns)} FROM {table} WHERE {condition}")
    keys = _keys(table)
    return {tuple(row[key] for key in keys): dict(row) for row in found}


@dataclass(frozen=True)
class Eyes:
    """What one viewer sees of a market according to Oso."""

    policy: Policy
    viewer: Viewer
    market: Market

    def reads(self, entity: Entity, row: Row) -> bool:
        """Whether the viewer can read a row. A part is readable with its whole."""
        if entity.part_of is not None:
            whole = CATALOGUE[entity.part_of]
            key = (row[f"{whole.table.description}_id"],)
            return self.reads(whole, self.market.rows[str(whole.table.description)][key])
        return self._verdict(
            (entity.name, *_key(entity, row)),
            lambda: self.policy.allows(self.viewer, "read", entity.name, self._resource(entity, row)),
        )

    def sees(self, entity: Entity, row: Row, field: str) -> bool:
        """Whether the viewer can read a field of a readable row."""
        return self._verdict(
            (entity.name, *_key(entity, row), field),
            lambda: self.policy.allows_field(self.viewer, "read", entity.name, self._resource(entity, row), field),
        )

    def _verdict(self, about: tuple[Any, ...], decide: Callable[[], bool]) -> bool:
        """Return a verdict about the market, which never changes."""
        key = (self.policy, self.viewer, *about)
        if key not in self.market.verdicts:
            self.market.verdicts[key] = decide()
        return self.market.verdicts[key]

    def _resource(self, entity: Entity, row: Row) -> Any:
        links = {
            link.name: [
                link.resource(**_known(other, link.resource.columns))
                for other in self.market.linked(str(link.table.description), link.remote, row[link.local])
            ]
            for link in entity.links
        }
        return entity.resource(**_known(row, entity.resource.columns), **links)


def _key(entity: Entity, row: Row) -> Key:
    return tuple(row[name] for name in _keys(str(entity.table.description)))


def _known(row: Row, columns: tuple[str, ...]) -> Row:
    return {name: UUID(int=value.int) if isinstance(value, UUID) else value for name, value in row.items() if name in columns}


def changed(before: Market, after: Market) -> Iterator[tuple[str, Row | None, Row | None]]:
    """Yield every row that differs: the table, the old row and the new row."""
    for table, rows in before.rows.items():
        others = after.rows[table]
        if rows is others:
            continue
        for key in rows.keys() | others.keys():
            old, new = rows.get(key), others.get(key)
            if old != new:
                yield table, old, new


def is_hidden(policy: Policy, viewer: Viewer, before: Market, after: Market) -> bool:
    """Whether everything that differs between two markets is hidden from the viewer."""
    was, now = Eyes(policy, viewer, before), Eyes(policy, viewer, after)
    return all(_unseen(was, now, *each) and _unmoved(was, now, *each) for each in changed(before, after))


def _unseen(was: Eyes, now: Eyes, table: str, old: Row | None, new: Row | None) -> bool:
    """Whether no type of the table shows a row's changes."""
    if table == "partner_defaults":
        partner = (old or new or {})["partner_id"]
        accounts = was.market.linked("managed_account", "partner_id", partner)
        if any(was.reads(CATALOGUE["ManagedAccount"], account) for account in accounts):
            return False
    if table == "profile_slug":
        profile = was.market.rows["marketplace_profile"][((old or new or {})["profile_id"],)]
        return not was.reads(CATALOGUE["MarketplaceProfile"], profile)
    return all(_hides(was, now, entity, old, new) for entity in CATALOGUE if entity.table.description == table)


def _hides(was: Eyes, now: Eyes, entity: Entity, old: Row | None, new: Row | None) -> bool:
    read = [eyes.reads(entity, row) for eyes, row in ((was, old), (now, new)) if row is not None]
    if not any(read):
        return True
    if old is None or new is None or not all(read):
        return False
    columns = [name for name in old if old[name] != new[name]]
    tells = TELLS.get(entity.name, {})
    return all(
        name in tells
        and not any(eyes.sees(entity, row, field) for eyes, row in ((was, old), (now, new)) for field in tells[name])
        for name in columns
    )


def _unmoved(was: Eyes, now: Eyes, table: str, old: Row | None, new: Row | None) -> bool:
    """Whether the verdicts on all rows that a changed row is linked to are unchanged."""
    for entity in CATALOGUE:
        for link in entity.links:
            if link.table.description == table:
                ends = {row[link.remote] for row in (old, new) if row is not None} - {None}
                if not all(_same_verdicts(was, now, entity, (end,)) for end in ends):
                    return False
    return True


def _same_verdicts(was: Eyes, now: Eyes, entity: Entity, key: Key) -> bool:
    name = str(entity.table.description)
    old, new = was.market.rows[name].get(key), now.market.rows[name].get(key)
    if old is None or new is None:
        return True  # checked as a changed row itself
    return was.reads(entity, old) == now.reads(entity, new)
