"""Sessions: starts them, refreshes them, and issues their tokens (V44)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import sqlalchemy as sa

from models import Membership, Session
from models.base import now
from models.session import ACCESS_LIFETIME, IDLE_LIFETIME, REPEAT_TIME, USER_AGENT_LENGTH
from resolvers.identity.refresh_tokens import PURPOSE, RefreshToken, verify
from resolvers.values.text import one_line

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

    from resolvers.context import Context
    from resolvers.writing.unit_of_work import UnitOfWork

LIFETIME: Final = int(ACCESS_LIFETIME.total_seconds())


@dataclass(frozen=True, slots=True)
class Tokens:
    """An access token, when it expires, and the refresh token, unless the client has it already. It can be meant for a cookie."""

    access_token: str = field(repr=False)
    expires_at: datetime
    refresh_token: str | None = field(default=None, repr=False)
    in_cookie: bool = False


async def start_session(work: UnitOfWork, user: UUID, *, in_cookie: bool, membership: UUID | None = None) -> Tokens:
    """Start a session for a user who has just proved who it is, in place of the one that the request belongs to.

    It acts for a membership: by default, the user's first one.
    """
    await end_own_session(work)
    agent = one_line(work.context.origin.user_agent or "")[:USER_AGENT_LENGTH] or None
    member = await _membership(work, user, membership)
    session = Session(user_id=user, membership_id=member, user_agent=agent, in_cookie=in_cookie)
    await work.add(session)
    return tokens_of(work.context, session)


async def refresh_session(work: UnitOfWork, token: RefreshToken) -> Tokens | Session | None:
    """Use a refresh token. Returns the session's next tokens, the session if it ended as the token was stolen, or None without one.

    The last token that was used gets the same successor again for REPEAT_TIME, as from a second tab.
    """
    session: Session | None = await _lock(work, token.session_id)
    if session is None or session.last_used_at < now() - IDLE_LIFETIME:
        return None
    is_repeated = (
        token.refreshes == session.refreshes - 1
        and session.refreshed_at is not None
        and (session.refreshed_at >= now() - REPEAT_TIME)
    )
    if token.refreshes != session.refreshes and not is_repeated:
        await work.session.delete(session)
        return session
    if not is_repeated:
        session.refreshes += 1
        session.refreshed_at = session.last_used_at = now()
    session.membership_id = await _membership(work, session.user_id, session.membership_id)
    return tokens_of(work.context, session)


def tokens_of(context: Context, session: Session) -> Tokens:
    """Return a session's tokens."""
    refresh_token = RefreshToken(session.id, session.refreshes).sign(context.services.tokens.secrets(PURPOSE))
    facts = (session.user_id, session.membership_id, session.id, session.auth_time)
    return replace(access_token(context, *facts), refresh_token=refresh_token, in_cookie=session.in_cookie)


def access_token(
    context: Context, user: UUID, membership: UUID | None, session: UUID | None, auth_time: datetime | None
) -> Tokens:
    """Return an access token. One without a session only succeeds another one, in development (V66)."""
    issued = context.services.tokens.issue(user, membership, LIFETIME, session, auth_time)
    return Tokens(issued, now() + ACCESS_LIFETIME)


async def act_for(work: UnitOfWork, member: Membership) -> Tokens:
    """Let the viewer's session act for another company of its user. Return an access token; the refresh token stays the same."""
    viewer = work.context.viewer
    session = sa.update(Session).where(Session.id == viewer.session_id)
    await work.session.execute(session.values(membership_id=member.id))
    return access_token(work.context, member.user_id, member.id, viewer.session_id, viewer.auth_time)


def deliver(context: Context, tokens: Tokens) -> dict[str, Tokens]:
    """Return the payload of committed tokens. The refresh token of a session in a cookie is set as the response's cookie."""
    if not tokens.in_cookie:
        return {"tokens": tokens}
    context.new_refresh_cookie = tokens.refresh_token
    return {"tokens": replace(tokens, refresh_token=None)}


def presented_token(context: Context, text: str | None) -> RefreshToken | None:
    """Return the valid refresh token of a request: the one in the input, or else in the cookie."""
    presented = text or context.origin.refresh_cookie
    return None if presented is None else verify(presented, context.services.tokens.secrets(PURPOSE))


async def end_own_session(work: UnitOfWork) -> bool:
    """End the session that the request belongs to, by its access token or else by its cookie. Returns whether it has one."""
    token = presented_token(work.context, None)
    key = work.context.viewer.session_id or (token and token.session_id)
    if key is not None:
        await work.session.execute(sa.delete(Session).where(Session.id == key))
    return key is not None


async def end_sessions(session: AsyncSession, user: UUID, *, keep: UUID | None = None) -> int:
    """End all sessions of a user, except the one to keep. Returns their number."""
    kept = sa.true() if keep is None else Session.id != keep
    ended = await session.scalars(sa.delete(Session).where(Session.user_id == user, kept).returning(Session.id))
    return len(ended.all())


async def purge_sessions(engine: AsyncEngine, _site_url: str) -> None:
    """Delete sessions that weren't used for IDLE_LIFETIME. A scheduled job of the worker."""
    async with engine.connect() as connection:
        await connection.execute(sa.delete(Session).where(Session.last_used_at < now() - IDLE_LIFETIME))


async def _lock(work: UnitOfWork, key: UUID) -> Any:
    query = sa.select(Session).where(Session.id == key).with_for_update()
    return (await work.session.scalars(query)).one_or_none()


async def _membership(work: UnitOfWork, user: UUID, preferred: UUID | None) -> UUID | None:
    """Return the user's membership with this key, or else its first, if there is one."""
    is_preferred = Membership.id == sa.literal(preferred, sa.Uuid())  # NULL for all without a preferred one
    query = sa.select(Membership.id).where(Membership.user_id == user).order_by(is_preferred.desc(), Membership.id)
    key: UUID | None = await work.scalar(query)
    return key
