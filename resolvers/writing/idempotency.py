"""Idempotency: a mutation that a user sends several times under one key runs once, and its result is stored in the same transaction.

Only the ids of changed objects are stored, never values. A repeated request returns what the viewer can read at that time. The input
is recognized by a MAC, from which nobody can find a password or a bank account number, not even by trying all of them.
"""

from __future__ import annotations

import hashlib
import hmac
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

PURPOSE: Final = b"idempotency"  # for which the MAC's key is derived
MAX_RESPONSE_KEY_LENGTH: Final = 128  # characters
KEY_REUSED: Final = "This Idempotency-Key was already used with a different input. Use a new key."


def has_key(context: Context) -> bool:
    """Return whether a mutation of this request runs once, however often it's tried. Keys of visitors have no effect."""
    viewer = context.viewer
    return context.origin.idempotency_key is not None and viewer.user_id is not None and viewer.company_id is not None


async def claim_idempotency_key(
    session: AsyncSession, context: Context, name: str, values: Mapping[str, Any], response_key: str
) -> IdempotentRequest | None:
    """Return the stored request of this key, and insert it if it's new. None without a key, and for visitors.

    A concurrent request with the same key waits here until the first one ends. Raises MutationRejected if the input differs.
    """
    key, viewer = context.origin.idempotency_key, context.viewer
    if key is None or not has_key(context):
        return None
    key_columns = {
        "user_id": viewer.user_id,
        "company_id": viewer.company_id,
        "key": key,
        "place": _indexed_response_key(response_key),
    }
    content = orjson.dumps([name, values], default=str, option=orjson.OPT_SORT_KEYS)
    fingerprints = [hmac.digest(secret, content, "sha256").hex() for secret in context.services.tokens.secrets(PURPOSE)]
    await session.execute(
        postgresql.insert(IdempotentRequest).values(**key_columns, fingerprint=fingerprints[0]).on_conflict_do_nothing()
    )
    stored = (await session.execute(sa.select(IdempotentRequest).filter_by(**key_columns).with_for_update())).scalar_one()
    if stored.fingerprint not in fingerprints:
        raise MutationRejected([UserError(ErrorCode.IDEMPOTENCY_KEY_REUSED.value, KEY_REUSED)])
    return stored


def _indexed_response_key(response_key: str) -> str:
    """Return the response key as it is indexed. Aliases can be long, so a long one is hashed; no alias contains a colon."""
    return (
        response_key
        if len(response_key) <= MAX_RESPONSE_KEY_LENGTH
        else f"sha256:{hashlib.sha256(response_key.encode()).hexdigest()}"
    )


async def purge_requests(engine: AsyncEngine, _site_url: str) -> None:
    """Delete requests older than RETENTION. A scheduled job of the worker."""
    async with engine.connect() as connection:
        await connection.execute(sa.delete(IdempotentRequest).where(IdempotentRequest.created_at < now() - RETENTION))
