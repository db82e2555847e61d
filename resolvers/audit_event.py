"""How audit events get their data. What was changed is told by the names of fields that the viewer sees anyway, never by a value."""

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

TYPES: Final[Mapping[str, str]] = {str(each.local_table.description): each.class_.__name__ for each in Base.registry.mappers}

PROFILE: Final = ("legal_name", "registration_number", "tax_number", "country", "headquarters")
SETTINGS: Final = ("pricing", "chat_support", "dashboard", "company_profile", "order_approval")
PARTS: Final[Mapping[str, Mapping[str, str]]] = {
    "Company": dict.fromkeys(PROFILE, "company_profile"),
    "ManagedAccount": dict.fromkeys(SETTINGS, "settings"),
}


@dataclass(frozen=True, slots=True)
class AuditCount:
    """How often something was met, by what it is of. The names are those of the schema."""

    type: str
    field: str | None
    action: str | None
    reason: str | None
    count: int


def counted(stored: Sequence[Mapping[str, Any]] | None) -> list[AuditCount]:
    """What an event has counted."""
    return [
        AuditCount(each["type"], each.get("field"), each.get("action"), each.get("reason"), each["count"])
        for each in stored or ()
    ]


@reads_columns("table_name")
async def types(events: Sequence[Record], _context: Context) -> list[str | None]:
    """The type of the row that each event has changed, None for parts that policy does not know."""
    return [_type(event) for event in events]


@reads_columns("table_name", "changes")
async def changed_fields(events: Sequence[Record], context: Context) -> list[list[str] | None]:
    """The fields that each event has changed, of those that the viewer sees in every row of the type that it may read."""
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
    """The field that tells a column: the one that it is a part of, or that of its own name, or of what it names."""
    return PARTS.get(kind, {}).get(column, column.removesuffix("_id"))


audit_events: Final = RootConnection("AuditEvent")
user: Final = ToOne("User", "user_id")
company: Final = ToOne("Company", "actor_company_id")
as_user: Final = ToOne("User", "as_user_id")
as_company: Final = ToOne("Company", "as_company_id")
counts: Final = Computed(counted, ("counts",))
