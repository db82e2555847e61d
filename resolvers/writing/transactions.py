"""A unit of work: one transaction for one viewer, on rights that hold until it commits. Every change by a viewer goes this way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, TypeVar

from sqlalchemy.exc import DBAPIError

from models.database import transaction
from resolvers.values.errors import PublicError
from resolvers.writing import rights
from resolvers.writing.rights import RightsChanged
from resolvers.writing.unit_of_work import UnitOfWork
from resolvers.writing.user_errors import ErrorCode, MutationRejected

if TYPE_CHECKING:
    from resolvers.context import Context

Result = TypeVar("Result")

MAX_ATTEMPTS: Final = 5
UNIQUE_VIOLATION: Final = "23505"
# Somebody did the same just now, could not serialize, deadlock, a fact is being changed: nothing was done, and another try sees it.
RETRYABLE: Final = {UNIQUE_VIOLATION, "40001", "40P01", "55P03"}
CONCURRENT_CHANGE: Final = "The same was just done by somebody else. Read it again."


class Contended(PublicError):
    """Others kept changing the same things at the same time."""

    code = ErrorCode.CONFLICT.value

    def __init__(self) -> None:
        super().__init__(CONCURRENT_CHANGE)


async def run_in_transaction(context: Context, name: str, act: Callable[[UnitOfWork], Awaitable[Result]]) -> Result:
    """Do all of `act`, recorded as `name`, or nothing. It starts again where PostgreSQL or changed rights ask for that.

    Raises what `act` raises, ViewerGone, and Contended.
    """
    for attempt in range(MAX_ATTEMPTS):
        try:
            return await _attempt(context, name, act, wait=attempt > 0)
        except RightsChanged:
            continue
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in RETRYABLE:
                raise
    raise Contended


async def _attempt(context: Context, name: str, act: Callable[[UnitOfWork], Awaitable[Result]], *, wait: bool) -> Result:
    async with transaction(context.services.engine) as session:
        await rights.begin(context, session, wait=wait)
        work = UnitOfWork(context, session, name)
        try:
            done = await act(work)
        except (PublicError, MutationRejected):  # a refusal tells something too
            await rights.confirm(context)
            context.audit_trail.note_denials(work.refusals)
            raise
        await rights.lock_and_confirm(context, session)
    context.has_changed = True
    return done
