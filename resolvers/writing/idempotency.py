"""Idempotency: what a user has sent under a key is done once, and remembered in the transaction that did it.

What is remembered are names of what was made or changed, never values: a repetition is answered with what the viewer may read then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from models import IdempotentRequest
from models.base import now
from models.idempotent_request import RETENTION
from resolvers.writing.user_errors import ErrorCode, MutationRejected, UserError

if TYPE_CHECKING:
    from resolvers.context import Context

MAX_RESPONSE_KEY_LENGTH: Final = 128  # characters
KEY_REUSED: Final = "This Idempotency-Key was used for another input."


async def claim_idempotency_key(
    session: AsyncSession, context: Context, name: str, values: Mapping[str, Any], place: str
) -> IdempotentRequest | None:
    """What is remembered of this key, new or found; None where none was sent, or by a visitor, who has nothing of its own.

    Whoever sends the same key at the same moment waits here until the first one has ended. Raises Refused for another input.
    """
    key, viewer = context.origin.idempotency_key, context.viewer
    if key is None or viewer.user_id is None or viewer.company_id is None:
        return None
    mark = {"user_id": viewer.user_id, "company_id": viewer.company_id, "key": key, "place": _find_request(place)}
    fingerprint = hashlib.sha256(orjson.dumps([name, values], default=str, option=orjson.OPT_SORT_KEYS)).hexdigest()
    await session.execute(postgresql.insert(IdempotentRequest).values(**mark, fingerprint=fingerprint).on_conflict_do_nothing())
    found = (await session.execute(sa.select(IdempotentRequest).filter_by(**mark).with_for_update())).scalar_one()
    if found.fingerprint != fingerprint:
        raise MutationRejected([UserError(ErrorCode.IDEMPOTENCY_KEY_REUSED.value, KEY_REUSED)])
    return found


def _find_request(place: str) -> str:
    """A place as it is kept in the index: clients choose aliases, and an entry of an index is small. No alias has a colon."""
    return place if len(place) <= MAX_RESPONSE_KEY_LENGTH else f"sha256:{hashlib.sha256(place.encode()).hexdigest()}"


async def purge_requests(engine: AsyncEngine, _public_url: str) -> None:
    """Forget what has been remembered long enough. A chore of the worker."""
    async with engine.connect() as connection:
        await connection.execute(sa.delete(IdempotentRequest).where(IdempotentRequest.created_at < now() - RETENTION))
