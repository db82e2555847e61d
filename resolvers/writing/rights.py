"""The rights of a change: decided on the facts of the viewer as they stand in the transaction that makes the change.

The facts are the viewer's membership and roles, its account's settings and its partner's defaults (V2, V13). A transaction begins
with the facts of that moment. Before it commits, it locks their rows and compares: if somebody has changed the facts meanwhile,
nothing is kept and the change is decided again. So no change ignores a setting that was committed before it.

The first try locks the facts last, for a moment and without waiting. A flood of changes by a member then cannot keep an administrator
from removing it, and no deadlock is possible. A further try waits for them first, while it holds nothing else.
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

GONE: Final = "The account of this token is no longer there."
USER, COMPANY = (sa.bindparam(name, type_=sa.Uuid()) for name in ("user", "company"))
PARTNER: Final = sa.select(Company.partner_id).where(Company.id == COMPANY).scalar_subquery()
FACTS: Final[tuple[sa.Select[Any], ...]] = (
    sa.select(Membership.id).where(Membership.user_id == USER, Membership.company_id == COMPANY),
    sa.select(ManagedAccount.id).where(ManagedAccount.company_id == COMPANY),
    sa.select(PartnerDefaults.partner_id).where(PartnerDefaults.partner_id == PARTNER),
)


class ViewerGone(PublicError):
    """The viewer's membership has ended since its request was let in."""

    code = "UNAUTHENTICATED"

    def __init__(self) -> None:
        super().__init__(GONE)


class RightsChanged(Exception):
    """The facts that a change was decided on have changed: decide again."""


def _locking(*, wait: bool) -> sa.Select[Any]:
    """A statement that keeps the rows of the facts as they are until the transaction ends."""
    rows = [each.with_for_update(read=True, nowait=not wait).cte() for each in FACTS]
    return sa.select(*(sa.select(sa.func.count()).select_from(each).scalar_subquery() for each in rows))


WAITING, AT_ONCE = (_locking(wait=wait) for wait in (True, False))


async def begin(context: Context, session: AsyncSession, *, wait: bool) -> None:
    """Let the context go on as its viewer stands now; with `wait`, after whoever is changing its facts. Raises ViewerGone."""
    if wait:
        await _lock(context, session, WAITING)
    if (viewer := await _present(context)) is None:
        raise ViewerGone
    context.continue_as(viewer)


async def confirm(context: Context) -> None:
    """Raises RightsChanged if the facts are not those that the transaction began with."""
    if await _present(context) != context.viewer:
        raise RightsChanged


async def lock_and_confirm(context: Context, session: AsyncSession) -> None:
    """Keep the facts as they are until the transaction ends. Raises RightsChanged, or what PostgreSQL says of a locked row."""
    await _lock(context, session, AT_ONCE)
    await confirm(context)


async def _lock(context: Context, session: AsyncSession, statement: sa.Select[Any]) -> None:
    viewer = context.viewer
    if viewer.user_id is not None:
        await session.execute(statement, {"user": viewer.user_id, "company": viewer.company_id})


async def _present(context: Context) -> Viewer | None:
    """The viewer by what is committed now, None if it is no member any more. A visitor always is what it was."""
    viewer = context.viewer
    if viewer.user_id is None or viewer.company_id is None:
        return viewer
    return await find_viewer(context.services.reader, viewer.user_id, viewer.company_id)
