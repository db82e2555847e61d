"""Resolvers of audit events. A change shows only the names of fields that the viewer sees anyway, never their values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from models import Base
from policies.catalogue import CATALOGUE
from resolvers.reading.batching import Computed, reads_columns
from resolvers.reading.field_sources import RootConnection, ToOne
from resolvers.reading.records import Record
from resolvers.values.text import camel

if TYPE_CHECKING:
    from resolvers.context import Context

TYPES: Final[Mapping[str, str]] = {
    str(mapper.local_table.description): mapper.class_.__name__ for mapper in Base.registry.mappers
}

PROFILE_COLUMNS: Final = ("legal_name", "registration_number", "tax_number", "country", "headquarters")
SETTING_COLUMNS: Final = ("pricing", "chat_support", "dashboard", "company_profile", "order_approval")
FIELD_OF_COLUMN: Final[Mapping[str, Mapping[str, str]]] = {
    "Company": dict.fromkeys(PROFILE_COLUMNS, "company_profile"),
    "ManagedAccount": dict.fromkeys(SETTING_COLUMNS, "settings"),
}


@dataclass(frozen=True, slots=True)
class AuditCount:
    """How often an action or a field occurred in an event. Names are those of the schema."""

    type: str
    field: str | None
    action: str | None
    reason: str | None
    count: int


def build_counts(stored: Sequence[Mapping[str, Any]] | None) -> list[AuditCount]:
    """Convert the stored counts of an event."""
    return [
        AuditCount(item["type"], item.get("field"), item.get("action"), item.get("reason"), item["count"])
        for item in stored or ()
    ]


@reads_columns("table_name")
async def types(events: Sequence[Record], _context: Context) -> list[str | None]:
    """Return the type of the row that each event changed, or None for types without a policy."""
    return [_type(event) for event in events]


@reads_columns("table_name", "changes")
async def changed_fields(events: Sequence[Record], context: Context) -> list[list[str] | None]:
    """Return the fields that each event changed, if the viewer sees them in every readable row of the type."""
    return [_fields(event, context) for event in events]


def _type(event: Record) -> str | None:
    name = TYPES.get(event.table_name)
    return name if name in CATALOGUE else None


def _fields(event: Record, context: Context) -> list[str] | None:
    kind = _type(event)
    if kind is None:
        return None
    fields = dict.fromkeys(_field(kind, column) for column in event.changes or ())
    return sorted(camel(name) for name in fields if context.sees_everywhere(kind, name))


def _field(kind: str, column: str) -> str:
    """Return the field that shows a column: the field that it's a part of, or the one with its name (without `_id`)."""
    return FIELD_OF_COLUMN.get(kind, {}).get(column, column.removesuffix("_id"))


audit_events: Final = RootConnection("AuditEvent")
user: Final = ToOne("User", "user_id")
company: Final = ToOne("Company", "actor_company_id")
as_user: Final = ToOne("User", "as_user_id")
as_company: Final = ToOne("Company", "as_company_id")
counts: Final = Computed(build_counts, ("counts",))
