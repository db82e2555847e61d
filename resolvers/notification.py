"""Resolvers of notifications."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from resolvers.reading.batching import Computed
from resolvers.reading.field_sources import ConnectionArguments, RootConnection
from resolvers.values.identifiers import Identifier


def with_unread_filter(arguments: dict[str, Any]) -> ConnectionArguments:
    """Turn the argument `unread` into a filter."""
    return {**arguments, "filter": {"unread": True} if arguments.get("unread") else {}}, ("read",)


def subject_of(kind: str | None, key: UUID | None) -> str | None:
    """Return the global id of a notification's subject."""
    return None if kind is None or key is None else str(Identifier(kind, key))


notifications: Final = RootConnection("Notification", with_unread_filter)
subject_id: Final = Computed(subject_of, ("subject_type", "subject_key"))
