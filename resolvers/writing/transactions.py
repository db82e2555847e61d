"""Runs a unit of work: one transaction for one viewer, whose rights hold until it commits. All changes by viewers use it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, TypeVar

from sqlalchemy.exc import DBAPIError

from models.database import is_lost, sqlstate, transaction
from models.reading import CONNECTION_ERRORS
from resolvers.values.errors import PublicError
from resolvers.writing import rights
from resolvers.writing.rights import RightsChanged
from resolvers.writing.unit_of_work import UnitOfWork
from resolvers.writing.user_errors import ErrorCode, MutationRejected

if TYPE_CHECKING:
    from resolvers.context import Context

Result = TypeVar("Result")

MAX_ATTEMPTS: Final = 5
FIRST_DELAY: Final = 0.05  # seconds before a lost connection is replaced; each attempt doubles it
UNIQUE_VIOLATION: Final = "23505"
# Unique violation, serialization failure, deadlock, lock not available: the transaction changed nothing, so it can be retried.
RETRYABLE: Final = {UNIQUE_VIOLATION, "40001", "40P01", "55P03"}
CONCURRENT_CHANGE: Final = "Someone else made a conflicting change at the same time. Reload and try again."


class Contended(PublicError):
    """Every attempt conflicted with a concurrent change."""

    code = ErrorCode.CONFLICT.value

    def __init__(self) -> None:
        super().__init__(CONCURRENT_CHANGE)


class ConnectionLost(PublicError):
    """The connection ended before the transaction could commit, so nothing was changed."""

    code = "UNAVAILABLE"

    def __init__(self) -> None:
        super().__init__("The database is temporarily unavailable. Nothing was changed. Try again in a moment.")


async def run_in_transaction(
    context: Context, name: str, act: Callable[[UnitOfWork], Awaitable[Result]], *, runs_once: bool = False
) -> Result:
    """Run `act` in one transaction, recorded as `name`. Retries when PostgreSQL, changed rights or a lost connection require it.

    If the connection is lost while the transaction commits, nobody knows whether it did: only what `runs_once`, however often it's
    tried, is tried again. Raises what `act` raises, ViewerGone, ConnectionLost, and Contended after MAX_ATTEMPTS.
    """
    in_doubt: DBAPIError | None = None  # a lost commit, after which nobody can say that nothing was changed
    for attempt in range(MAX_ATTEMPTS):
        try:
            return await _attempt(context, name, act, wait=attempt > 0)
        except RightsChanged:
            continue
        except (ConnectionLost, DBAPIError) as error:
            if isinstance(error, DBAPIError) and sqlstate(error.orig) in RETRYABLE:
                continue
            in_doubt = in_doubt or (error if isinstance(error, DBAPIError) else None)
            is_safe = isinstance(error, ConnectionLost) or (runs_once and is_lost(error))
            if not is_safe or attempt == MAX_ATTEMPTS - 1:
                raise in_doubt or error from error
        await asyncio.sleep(FIRST_DELAY * 2**attempt)
    raise Contended


async def _attempt(context: Context, name: str, act: Callable[[UnitOfWork], Awaitable[Result]], *, wait: bool) -> Result:
    async with transaction(context.services.engine) as session:
        work = UnitOfWork(context, session, name)
        try:
            result = await _act(work, act, wait=wait)
        except (DBAPIError, *CONNECTION_ERRORS) as error:
            if is_lost(error):
                raise ConnectionLost from error
            raise
    context.has_changed = True
    if work.changes_viewer:
        await rights.reload(context)
    return result


async def _act(work: UnitOfWork, act: Callable[[UnitOfWork], Awaitable[Result]], *, wait: bool) -> Result:
    """Do all but the commit."""
    context = work.context
    await rights.begin(context, work.session, wait=wait)
    try:
        result = await act(work)
    except (PublicError, MutationRejected):  # a refusal reveals something too, so it needs current rights
        await rights.confirm(context)
        context.audit_trail.note_denials(work.refusals)
        raise
    await rights.lock_and_confirm(context, work.session)
    return result
