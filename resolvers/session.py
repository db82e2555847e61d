"""Resolvers of sessions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from resolvers.reading.batching import reads_columns
from resolvers.reading.records import Record

if TYPE_CHECKING:
    from resolvers.context import Context


@reads_columns("id")
async def current(sessions: Sequence[Record], context: Context) -> list[bool]:
    """Return whether each session is the one that the request belongs to."""
    return [session.id == context.viewer.session_id for session in sessions]
