"""Attempts to sign in, counted for each email address and each network address before a password is compared (V43).

Each attempt counts from its beginning, in a transaction of its own, so attempts at the same time can't exceed a limit. The attempt of
a right password is deleted.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import sqlalchemy as sa

from models import SignInAttempt
from models.base import now
from models.sign_in_attempt import MAX_PER_ADDRESS, MAX_PER_PEER, WINDOW
from resolvers.values.messages import worded
from resolvers.writing.unit_of_work import UnitOfWork
from resolvers.writing.user_errors import ErrorCode

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

UNKNOWN_PEER: Final = "unknown"
TOO_MANY: Final = worded("Too many attempts. Try again in {minutes} minutes.", minutes=round(WINDOW.total_seconds() / 60))


async def begin_attempt(work: UnitOfWork, address: str) -> UUID:
    """Count an attempt for an email address. Raises MutationRejected if there were too many."""
    digest, peer = _digest(address), work.context.origin.peer or UNKNOWN_PEER
    limits = (
        (SignInAttempt.address_digest == digest, MAX_PER_ADDRESS, digest),
        (SignInAttempt.peer == peer, MAX_PER_PEER, peer),
    )
    for attempts, limit, key in limits:
        await work.serialize("sign-in", key)
        if await work.scalar(_count(attempts)) >= limit:
            work.errors.add(ErrorCode.TOO_MANY, TOO_MANY)
            work.errors.raise_if_any()
    attempt = SignInAttempt(address_digest=digest, peer=peer)
    await work.add(attempt)
    return attempt.id


async def forgive_attempt(work: UnitOfWork, attempt: UUID) -> None:
    """Stop counting an attempt, because its password was right."""
    await work.session.execute(sa.delete(SignInAttempt).where(SignInAttempt.id == attempt))


async def purge_attempts(engine: AsyncEngine, _site_url: str) -> None:
    """Delete attempts that don't count any more. A scheduled job of the worker."""
    async with engine.connect() as connection:
        await connection.execute(sa.delete(SignInAttempt).where(SignInAttempt.created_at < now() - WINDOW))


def _count(attempts: sa.ColumnElement[bool]) -> sa.Select[Any]:
    query = sa.select(sa.func.count()).select_from(SignInAttempt)
    return query.where(attempts, SignInAttempt.created_at > now() - WINDOW)


def _digest(address: str) -> str:
    return hashlib.sha256(address.lower().encode()).hexdigest()
