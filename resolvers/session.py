"""Resolvers of sessions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from policies.viewer import RECENT_SIGN_IN
from resolvers.reading.batching import Computed, reads_columns
from resolvers.reading.records import Record

if TYPE_CHECKING:
    from resolvers.context import Context


def recent_end(auth_time: datetime) -> datetime:
    """Return when a sign-in at this time stops being recent (V66)."""
    return auth_time + RECENT_SIGN_IN


recent_until: Final = Computed(recent_end, ("auth_time",))


@reads_columns("id")
async def current(sessions: Sequence[Record], context: Context) -> list[bool]:
    """Return whether each session is the one that the request belongs to."""
    return [session.id == context.viewer.session_id for session in sessions]
