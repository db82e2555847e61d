"""A unit of work: one transaction for one viewer, on rights that hold until it commits. Every change by a viewer goes this way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, TypeVar

from sqlalchemy.exc import DBAPIError

from models.database import transaction
from resolvers.values.errors import PublicError
from resolvers.writing import rights
from resolvers.writing.rights import RightsChanged
from resolvers.writing.unit_of_work import Work
from resolvers.writing.user_errors import Code, Refused

if TYPE_CHECKING:
    from resolvers.context import Context

Result = TypeVar("Result")

TRIES: Final = 5
UNIQUE: Final = "23505"
# Somebody did the same just now, could not serialize, deadlock, a fact is being changed: nothing was done, and another try sees it.
AGAIN: Final = {UNIQUE, "40001", "40P01", "55P03"}
AT_ONCE: Final = "The same was just done by somebody else. Read it again."


class Contended(PublicError):
    """Others kept changing the same things at the same time."""

    code = Code.CONFLICT.value

    def __init__(self) -> None:
        super().__init__(AT_ONCE)


async def carry_out(context: Context, name: str, act: Callable[[Work], Awaitable[Result]]) -> Result:
    """Do all of `act`, recorded as `name`, or nothing. It starts again where PostgreSQL or changed rights ask for that.

    Raises what `act` raises, ViewerGone, and Contended.
    """
    for attempt in range(TRIES):
        try:
            return await _once(context, name, act, wait=attempt > 0)
        except RightsChanged:
            continue
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in AGAIN:
                raise
    raise Contended


async def _once(context: Context, name: str, act: Callable[[Work], Awaitable[Result]], *, wait: bool) -> Result:
    async with transaction(context.services.engine) as session:
        await rights.begin(context, session, wait=wait)
        work = Work(context, session, name)
        try:
            done = await act(work)
        except (PublicError, Refused):  # a refusal tells something too
            await rights.confirm(context)
            context.acts.refused(work.refusals)
            raise
        await rights.hold(context, session)
    context.has_changed = True
    return done
