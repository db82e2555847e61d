"""The rights of a change: decided on the facts of the viewer as they stand in the transaction that makes the change.

The facts are the viewer's membership and roles, its account's settings, its partner's defaults (V2, V13), and the billing markets
of whoever pays (V12). A transaction begins with the facts of that moment. Before it commits, it locks their rows and compares: if
somebody has changed the facts meanwhile, nothing is kept and the change is decided again. So no change ignores a setting that was
committed before it. The kind of a company and its partner are facts too, but never change.

A partner that has set no defaults has no row of them to lock: an advisory lock stands for it. Other rows that are added (a market, a
membership) only give rights.

The first try locks the facts last, for a moment and without waiting. A flood of changes by a member then cannot keep an administrator
from removing it, and no deadlock is possible. A further try waits for them first, while it holds nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from models import BillingMarket, Company, ManagedAccount, Membership, PartnerDefaults
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
MARKETS: Final = (
    sa.select(BillingMarket.id)
    .where(BillingMarket.company_id == sa.func.coalesce(PARTNER, COMPANY), BillingMarket.enabled)
    .order_by(BillingMarket.id)
)
FIRST_DEFAULTS: Final = "first defaults:"  # the lock of a partner's defaults while there is no row of them


class ViewerGone(PublicError):
    """The viewer's membership has ended since its request was let in."""

    code = "UNAUTHENTICATED"

    def __init__(self) -> None:
        super().__init__(GONE)


class RightsChanged(Exception):
    """The facts that a change was decided on have changed: decide again."""


def _first_defaults(partner: Any) -> sa.Function[Any]:
    """The number of the lock of a partner's first defaults; NULL where there is no partner, which locks nothing."""
    return sa.func.hashtextextended(sa.literal(FIRST_DEFAULTS) + sa.cast(partner, sa.Text()), 0)


def _locking(facts: Sequence[sa.Select[Any]], *, wait: bool) -> sa.Select[Any]:
    """A statement that keeps facts as they are until the transaction ends.

    Without `wait` it fails where a row is locked, and its `free` is false while first defaults are set.
    """
    lock = sa.func.pg_advisory_xact_lock_shared if wait else sa.func.pg_try_advisory_xact_lock_shared
    rows = [each.with_for_update(read=True, nowait=not wait).cte() for each in facts]
    counts = (sa.select(sa.func.count()).select_from(each).scalar_subquery() for each in rows)
    return sa.select(lock(_first_defaults(PARTNER)).label("free"), *counts)


WAITING: Final = _locking(FACTS, wait=True)
MARKETS_WAITING: Final = _locking([MARKETS], wait=True)
AT_ONCE: Final = _locking([*FACTS, MARKETS], wait=False)


async def before_first_defaults(session: AsyncSession, partner: UUID) -> None:
    """Wait for those whose change is decided on a partner's having no defaults. To be called before it gets some."""
    await session.execute(sa.select(sa.func.pg_advisory_xact_lock(_first_defaults(sa.literal(partner, sa.Uuid())))))


async def begin(context: Context, session: AsyncSession, *, wait: bool) -> None:
    """Let the context go on as its viewer stands now; with `wait`, after whoever is changing its facts. Raises ViewerGone."""
    if wait:
        await _wait_for_markets(context, session)
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
    if await _lock(context, session, AT_ONCE) is False:
        raise RightsChanged
    await confirm(context)


async def _wait_for_markets(context: Context, session: AsyncSession) -> None:
    """Wait for whoever is changing a market. Nothing stays locked: colleagues who change markets would block each other."""
    async with session.begin_nested() as waited:
        await _lock(context, session, MARKETS_WAITING)
        await waited.rollback()


async def _lock(context: Context, session: AsyncSession, statement: sa.Select[Any]) -> Any:
    """Lock facts; whether first defaults are being set. A visitor has no facts."""
    viewer = context.viewer
    if viewer.user_id is not None:
        return (await session.execute(statement, {"user": viewer.user_id, "company": viewer.company_id})).scalar_one()
    return None


async def _present(context: Context) -> Viewer | None:
    """The viewer by what is committed now, None if it is no member any more. A visitor always is what it was."""
    viewer = context.viewer
    if viewer.user_id is None or viewer.company_id is None:
        return viewer
    return await find_viewer(context.services.reader, viewer.user_id, viewer.company_id)
