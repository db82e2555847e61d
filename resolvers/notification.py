"""How notifications get their data."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from resolvers.reading.batching import Computed
from resolvers.reading.field_sources import ConnectionArguments, RootConnection
from resolvers.values.identifiers import Identifier


def narrowed(arguments: dict[str, Any]) -> ConnectionArguments:
    """The arguments with `unread` as a filter."""
    return {**arguments, "filter": {"unread": True} if arguments.get("unread") else {}}, ("read",)


def named(kind: str | None, key: UUID | None) -> str | None:
    """The global id of what a notification is about."""
    return None if kind is None or key is None else str(Identifier(kind, key))


notifications: Final = RootConnection("Notification", narrowed)
subject_id: Final = Computed(named, ("subject_type", "subject_key"))
