"""Mutations of sessions: sign in, refresh the tokens, sign out, end a session, and switch to another company."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from models import Membership, Session
from models.notification import NotificationKind
from resolvers.identity.accounts import Account, find_account, lock_account
from resolvers.identity.attempts import begin_attempt, forgive_attempt
from resolvers.identity.refresh_tokens import RefreshToken
from resolvers.identity.sessions import (
    Tokens,
    act_for,
    deliver,
    end_own_session,
    end_sessions,
    presented_token,
    refresh_session,
    start_session,
)
from resolvers.notifying import message_templates
from resolvers.notifying.notifications import notify_user
from resolvers.reading.records import Record
from resolvers.writing.input_reader import InputReader
from resolvers.writing.procedures import Steps
from resolvers.writing.unit_of_work import UnitOfWork, requires
from resolvers.writing.user_errors import ErrorCode

WRONG: Final = "The email address or the password is wrong."
INVALID_REFRESH_TOKEN: Final = "This session has ended. Sign in again."  # noqa: S105 (a message)


@requires()
async def sign_in(steps: Steps, fields: InputReader) -> Mapping[str, Any]:
    """Start a session for the right password (V42). The password is compared outside transactions."""
    address = fields.email("email", required=True)
    steps.errors.raise_if_any()
    assert address is not None  # noqa: S101 (otherwise there was an error)
    attempt, account = await steps.transact(lambda work, _: _begin_sign_in(work, address))
    passwords, password = steps.context.services.passwords, fields.value("password")
    stored = None if account is None else account.password_hash
    if not await passwords.verify(password, stored) or account is None:
        raise steps.reject(ErrorCode.INVALID_CREDENTIALS, WRONG)
    is_outdated = passwords.needs_rehash(stored or "")
    new_hash = await passwords.hash(password) if is_outdated else None
    in_cookie = fields.value("cookie") is True
    tokens = await steps.transact(lambda work, _: _sign_in(work, attempt, account, new_hash, in_cookie=in_cookie))
    return deliver(steps.context, tokens)


@requires()
async def refresh_tokens(steps: Steps, fields: InputReader) -> Mapping[str, Any]:
    """Exchange a refresh token for the next ones. One that was used before ends its session, which stays ended (V44)."""
    token = presented_token(steps.context, fields.value("refresh_token"))
    tokens = None if token is None else await steps.transact(lambda work, _: _refresh(work, token))
    if tokens is None:
        steps.context.new_refresh_cookie = ""
        raise steps.reject(ErrorCode.INVALID_REFRESH_TOKEN, INVALID_REFRESH_TOKEN)
    return deliver(steps.context, tokens)


@requires()
async def sign_out(steps: Steps, _fields: InputReader) -> Mapping[str, Any]:
    """End the session of the request, or all sessions of its user (V44)."""
    signed_out = await steps.transact(_sign_out)
    steps.context.new_refresh_cookie = ""
    return {"signed_out": signed_out}


@requires(Session="revoke")
async def revoke_session(steps: Steps, _fields: InputReader) -> Mapping[str, Any]:
    """End one of the user's sessions. Its access tokens are refused from then on (V59)."""
    return {"session": await steps.transact(_revoke)}


@requires(Membership="switch_to")
async def switch_company(steps: Steps, _fields: InputReader) -> Mapping[str, Any]:
    """Return an access token for another company of the user. The session and its refresh token stay the same (V45)."""
    return deliver(steps.context, await steps.transact(_switch))


async def _begin_sign_in(work: UnitOfWork, address: str) -> tuple[UUID, Account | None]:
    """Count the attempt, and return it with the account of the address. Raises MutationRejected."""
    return await begin_attempt(work, address), await find_account(work, address)


async def _sign_in(work: UnitOfWork, attempt: UUID, account: Account, new_hash: str | None, *, in_cookie: bool) -> Tokens:
    """Start a session, if the password that was compared is still the user's. Raises MutationRejected."""
    user = await lock_account(work, account)
    if user is None:
        work.errors.add(ErrorCode.INVALID_CREDENTIALS, WRONG)
    work.errors.raise_if_any()
    await forgive_attempt(work, attempt)
    user.password_hash = new_hash or user.password_hash
    return await start_session(work, account.user_id, in_cookie=in_cookie)


async def _refresh(work: UnitOfWork, token: RefreshToken) -> Tokens | None:
    refreshed = await refresh_session(work, token)
    if not isinstance(refreshed, Session):
        return refreshed
    message = message_templates.session_ended(work.context.services.account_url)
    await notify_user(work.session, NotificationKind.SECURITY, refreshed.user_id, message)
    return None


async def _sign_out(work: UnitOfWork, fields: InputReader) -> bool:
    """End sessions. Returns whether there were any to end."""
    viewer = work.context.viewer
    if fields.value("everywhere") and viewer.signed_in_id is not None:
        await end_sessions(work.session, viewer.signed_in_id)
        return True
    return await end_own_session(work)


async def _revoke(work: UnitOfWork, fields: InputReader) -> Record | None:
    """End a session, and return it as it was."""
    session = await work.lock_for_update(fields, "id", "Session", "revoke")
    work.errors.raise_if_any()
    (record,) = await work.context.loaders.rows("Session", [session.id])
    await work.session.delete(session)
    return record


async def _switch(work: UnitOfWork, fields: InputReader) -> Tokens:
    viewer, company = work.context.viewer, fields.key("company_id", "Company")
    work.errors.raise_if_any()
    is_own = sa.and_(Membership.user_id == viewer.signed_in_id, Membership.company_id == company)
    member = await work.find_readable("Membership", is_own)
    if member is None:
        work.report_not_found(fields, "company_id", "Membership", "switch_to")
    else:
        member = await work.lock_by_key(fields, "company_id", "Membership", member.id, "switch_to", read=True)
    work.errors.raise_if_any()
    return await act_for(work, member)
