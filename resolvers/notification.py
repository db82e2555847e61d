"""Resolvers of notifications."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from resolvers.reading.batching import Computed, reads_columns
from resolvers.reading.field_sources import ConnectionArguments, RootConnection
from resolvers.reading.records import Record
from resolvers.values.identifiers import Identifier

if TYPE_CHECKING:
    from resolvers.context import Context


def with_unread_filter(arguments: dict[str, Any]) -> ConnectionArguments:
    """Turn the argument `unread` into a filter."""
    return {**arguments, "filter": {"unread": True} if arguments.get("unread") else {}}, ("read",)


def subject_of(kind: str | None, key: UUID | None) -> str | None:
    """Return the global id of a notification's subject."""
    return None if kind is None or key is None else str(Identifier(kind, key))


@reads_columns("subject_type", "subject_key")
async def subject(notifications: Sequence[Record], context: Context) -> list[Record | None]:
    """Return what each notification is about, with one statement for each type. None if the viewer can't read it."""
    return await gather(*(_subject(each, context) for each in notifications))


async def _subject(notification: Record, context: Context) -> Record | None:
    if notification.subject_type is None:
        return None
    return (await context.loaders.rows(notification.subject_type, [notification.subject_key]))[0]


notifications: Final = RootConnection("Notification", with_unread_filter)
subject_id: Final = Computed(subject_of, ("subject_type", "subject_key"))
