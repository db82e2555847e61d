"""The viewer's rights during a change: decided on the viewer's facts as they are in the transaction that makes the change.

The facts are the viewer's membership and roles, its account's settings and its partner's defaults (V2, V13). A transaction starts
with the facts of that moment. Before it commits, it locks their rows and compares. If somebody has changed the facts, it rolls back
and decides again. So no change ignores a setting that was committed before it.

The first attempt locks the facts last, briefly and without waiting. So a flood of changes by a member can't keep an administrator
from removing that member, and deadlocks are impossible. Later attempts wait for these locks first, while they hold no others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from models import Company, ManagedAccount, Membership, PartnerDefaults
from policies.viewer import Viewer
from resolvers.values.errors import PublicError
from resolvers.viewer import find_viewer

if TYPE_CHECKING:
    from resolvers.context import Context

ACCOUNT_GONE: Final = "The account of this token no longer exists."
USER, COMPANY = (sa.bindparam(name, type_=sa.Uuid()) for name in ("user", "company"))
PARTNER: Final = sa.select(Company.partner_id).where(Company.id == COMPANY).scalar_subquery()
FACTS: Final[tuple[sa.Select[Any], ...]] = (
    sa.select(Membership.id).where(Membership.user_id == USER, Membership.company_id == COMPANY),
    sa.select(ManagedAccount.id).where(ManagedAccount.company_id == COMPANY),
    sa.select(PartnerDefaults.partner_id).where(PartnerDefaults.partner_id == PARTNER),
)


class ViewerGone(PublicError):
    """The viewer's membership ended after its request was authenticated."""

    code = "UNAUTHENTICATED"

    def __init__(self) -> None:
        super().__init__(ACCOUNT_GONE)


class RightsChanged(Exception):
    """The facts behind a decision have changed, so the change must be decided again."""


def _lock_statement(*, wait: bool) -> sa.Select[Any]:
    """Return a statement that locks the rows of the facts until the transaction ends."""
    rows = [fact.with_for_update(read=True, nowait=not wait).cte() for fact in FACTS]
    return sa.select(*(sa.select(sa.func.count()).select_from(row).scalar_subquery() for row in rows))


LOCK_AND_WAIT, LOCK_OR_FAIL = (_lock_statement(wait=wait) for wait in (True, False))


async def begin(context: Context, session: AsyncSession, *, wait: bool) -> None:
    """Reload the context's viewer; with `wait`, lock its facts first. Raises ViewerGone."""
    if wait:
        await _lock(context, session, LOCK_AND_WAIT)
    if (viewer := await _current_viewer(context)) is None:
        raise ViewerGone
    context.continue_as(viewer)


async def confirm(context: Context) -> None:
    """Check that the facts haven't changed since the transaction started. Raises RightsChanged."""
    if await _current_viewer(context) != context.viewer:
        raise RightsChanged


async def lock_and_confirm(context: Context, session: AsyncSession) -> None:
    """Lock the facts until the transaction ends. Raises RightsChanged, or PostgreSQL's error if a row is locked already."""
    await _lock(context, session, LOCK_OR_FAIL)
    await confirm(context)


async def _lock(context: Context, session: AsyncSession, statement: sa.Select[Any]) -> None:
    viewer = context.viewer
    if viewer.user_id is not None:
        await session.execute(statement, {"user": viewer.user_id, "company": viewer.company_id})


async def _current_viewer(context: Context) -> Viewer | None:
    """Return the viewer by what is committed now, or None if its membership ended. A visitor never changes."""
    viewer = context.viewer
    if viewer.user_id is None or viewer.company_id is None:
        return viewer
    return await find_viewer(context.services.reader, viewer.user_id, viewer.company_id)
