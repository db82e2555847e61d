"""The viewer's rights during a change: decided on the viewer's facts as they are in the transaction that makes the change.

The facts are the viewer's membership and roles, its account's settings, its partner's defaults (V2, V13), and the billing markets of
the company that pays (V12). A transaction starts with the facts of that moment. Before it commits, it locks and compares them. If
somebody has changed the facts, it rolls back and decides again. So no change ignores a setting that was committed before it. A
company's kind and partner are facts too, but never change.

A partner without defaults has no row to lock, so an advisory lock replaces it. New rows (a market, a membership) only add rights.

The first attempt locks the facts last, briefly and without waiting. So a flood of changes by a member can't keep an administrator
from removing that member, and deadlocks are impossible. Later attempts wait for these locks first, while they hold no others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from models import (
    ApiKey,
    BillingMarket,
    Company,
    FederatedIdentity,
    ManagedAccount,
    Membership,
    PartnerDefaults,
    PortalOrigin,
)
from policies.viewer import Viewer
from resolvers.reading.viewers import (
    ACCOUNT_GONE,
    find_embed_viewer,
    find_identity_viewer,
    find_key_viewer,
    find_viewer,
    in_session,
)
from resolvers.values.errors import PublicError

if TYPE_CHECKING:
    from resolvers.context import Context

USER, COMPANY, PORTAL_ORIGIN = (sa.bindparam(name, type_=sa.Uuid()) for name in ("user", "company", "portal_origin"))
PARTNER: Final = sa.select(Company.partner_id).where(Company.id == COMPANY).scalar_subquery()
FACTS: Final[tuple[sa.Select[Any], ...]] = (
    sa.select(Membership.id).where(Membership.user_id == USER, Membership.company_id == COMPANY),
    sa.select(ApiKey.id).where(ApiKey.user_id == USER),
    sa.select(PortalOrigin.id).where(PortalOrigin.id == PORTAL_ORIGIN),
    sa.select(FederatedIdentity.id)
    .join(Membership, Membership.id == FederatedIdentity.membership_id)
    .where(Membership.user_id == USER, Membership.company_id == COMPANY),
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
    """The viewer's membership ended after its request was authenticated."""

    code = "UNAUTHENTICATED"

    def __init__(self) -> None:
        super().__init__(ACCOUNT_GONE)


class RightsChanged(Exception):
    """The facts behind a decision have changed, so the change must be decided again."""


def _first_defaults(partner: Any) -> sa.Function[Any]:
    """Return the key of the lock for a partner's first defaults. NULL without a partner locks nothing."""
    return sa.func.hashtextextended(sa.literal(FIRST_DEFAULTS) + sa.cast(partner, sa.Text()), 0)


def _lock_statement(facts: Sequence[sa.Select[Any]], *, wait: bool) -> sa.Select[Any]:
    """Return a statement that locks the rows of facts until the transaction ends.

    Without `wait` it fails if a row is locked, and its `free` is false while a partner's first defaults are being set.
    """
    lock = sa.func.pg_advisory_xact_lock_shared if wait else sa.func.pg_try_advisory_xact_lock_shared
    rows = [fact.with_for_update(read=True, nowait=not wait).cte() for fact in facts]
    counts = (sa.select(sa.func.count()).select_from(row).scalar_subquery() for row in rows)
    return sa.select(lock(_first_defaults(PARTNER)).label("free"), *counts)


LOCK_AND_WAIT: Final = _lock_statement(FACTS, wait=True)
LOCK_MARKETS_AND_WAIT: Final = _lock_statement([MARKETS], wait=True)
LOCK_OR_FAIL: Final = _lock_statement([*FACTS, MARKETS], wait=False)


async def before_first_defaults(session: AsyncSession, partner: UUID) -> None:
    """Wait for changes that were decided on a partner's lack of defaults. Call it before the partner gets some."""
    await session.execute(sa.select(sa.func.pg_advisory_xact_lock(_first_defaults(sa.literal(partner, sa.Uuid())))))


async def begin(context: Context, session: AsyncSession, *, wait: bool) -> None:
    """Reload the context's viewer; with `wait`, lock its facts first. Raises ViewerGone."""
    if wait:
        await _wait_for_markets(context, session)
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
    if await _lock(context, session, LOCK_OR_FAIL) is False:
        raise RightsChanged
    await confirm(context)


async def reload(context: Context) -> None:
    """Reload the context's viewer after a change of its own roles, so that the payload is read with the new ones."""
    if (viewer := await _current_viewer(context)) is not None:
        context.continue_as(viewer)


async def continue_in(context: Context, company_id: UUID) -> None:
    """Continue as the viewer's user in another company, so that the payload is read with the rights that it has there."""
    viewer = context.viewer
    if viewer.signed_in_id is None:
        return
    if (found := await find_viewer(context.services.reader, viewer.signed_in_id, company_id)) is not None:
        context.continue_as(in_session(found, viewer.session_id, viewer.auth_time))


async def _wait_for_markets(context: Context, session: AsyncSession) -> None:
    """Wait for concurrent changes of markets. Nothing stays locked, or colleagues who change markets would deadlock."""
    async with session.begin_nested() as waited:
        await _lock(context, session, LOCK_MARKETS_AND_WAIT)
        await waited.rollback()


async def _lock(context: Context, session: AsyncSession, statement: sa.Select[Any]) -> Any:
    """Lock facts. Return False while first defaults are being set. A visitor has no facts."""
    viewer = context.viewer
    if viewer.user_id is not None:
        keys = {"user": viewer.user_id, "company": viewer.company_id, "portal_origin": viewer.portal_origin_id}
        return (await session.execute(statement, keys)).scalar_one()
    return None


async def _current_viewer(context: Context) -> Viewer | None:
    """Return the viewer by what is committed now, or None if its membership ended. A viewer without a company never changes."""
    viewer = context.viewer
    if viewer.user_id is None or viewer.company_id is None:
        return viewer
    if viewer.embed_key_id is not None:
        session = (viewer.embed_key_id, viewer.company_id, viewer.shape.roles, viewer.portal_origin_id)
        found = await find_embed_viewer(context.services.reader, *session)
        return found and replace(found, external_user=viewer.external_user)
    if viewer.api_key_id is not None:
        return await find_key_viewer(context.services.reader, viewer.api_key_id)
    if viewer.identity_id is not None:
        return await find_identity_viewer(context.services.reader, viewer.identity_id, viewer.auth_time)
    current = await find_viewer(context.services.reader, viewer.user_id, viewer.company_id)
    return current and in_session(current, viewer.session_id, viewer.auth_time)
