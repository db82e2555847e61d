"""Mutations of invitations: send one, revoke it, and accept it.

Sending never looks for an account, so neither the answer nor its time tells whether the address has one (V42, V49). Only who has
the token, or is signed in with the address, gets to know more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import sqlalchemy as sa

from models import Company, Invitation, Membership, User
from models.base import now
from models.invitation import KEPT, LIFETIME, MAX_PER_ADDRESS, MAX_PER_COMPANY, RATE_WINDOW
from models.notification import NotificationKind
from models.user import MAX_NAME_LENGTH
from resolvers.identity.accounts import Account, claim_memberships, find_account, lock_account
from resolvers.identity.attempts import begin_attempt, forgive_attempt
from resolvers.identity.email_tokens import INVALID_TOKEN, hash_of, new_token
from resolvers.identity.password_rules import hash_password, read_password
from resolvers.identity.sessions import Tokens, act_for, deliver, start_session
from resolvers.mutations.membership import check_roles, read_roles
from resolvers.notifying import message_templates
from resolvers.notifying.notifications import notify_company, queue_mail
from resolvers.reading.viewers import find_viewer
from resolvers.values.identifiers import Identifier
from resolvers.values.messages import worded
from resolvers.writing.input_reader import InputReader
from resolvers.writing.procedures import Steps
from resolvers.writing.runner import ChangedIds
from resolvers.writing.unit_of_work import UnitOfWork, requires
from resolvers.writing.user_errors import ErrorCode

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

ALREADY_MEMBER: Final = "This person is already a member of the company."
RATE_LIMITED: Final = "Your company can send at most {limit} invitations an hour. Try again later."
TOKEN_OR_ID: Final = "Enter the code from the email, or the ID of an invitation to your own address."  # noqa: S105 (a message)
NEEDS_PASSWORD: Final = "This email address has an account. Enter its password, or sign in first."  # noqa: S105
WRONG_PASSWORD: Final = "The password of the account with this email address is wrong."  # noqa: S105


@dataclass(frozen=True, slots=True)
class Found:
    """A valid invitation: its address, whether the viewer has verified it, and its account otherwise, if there is one."""

    email: str
    is_own: bool
    account: Account | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """A new member, and the tokens that act for the new membership."""

    membership: Membership
    tokens: Tokens


@requires(Company="invite_member")
async def invite_member(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Invite the owner of an address to a company (R427). A new invitation replaces an earlier one to the same address."""
    company = await work.acting_company(fields, "invite_member")
    email, roles = fields.email("email", required=True), read_roles(fields)
    if company is not None:
        await check_roles(work, fields, roles, company.id)
        await _check_not_member(work, fields, company.id, email)
        await check_rate(work, fields)
    work.errors.raise_if_any()
    assert email is not None  # noqa: S101 (otherwise there was an error)
    invitation = await invite(work, company, email, roles)
    return {"invitation": Identifier("Invitation", invitation.id)}


@requires(Invitation="revoke")
async def revoke_invitation(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """End an invitation. Its token is refused from then on."""
    invitation = await work.lock_for_update(fields, "id", "Invitation", "revoke")
    work.errors.raise_if_any()
    invitation.ended_at = now()
    return {"invitation_id": Identifier("Invitation", invitation.id)}


@requires(Invitation="accept")
async def accept_invitation(steps: Steps, fields: InputReader) -> Mapping[str, Any]:
    """Make the owner of the invited address a member (V49).

    A user who is signed in with the address joins. Otherwise the token proves the address, and the account's password the user. If
    the address has no account, the token and a new password create one (R402, R406).
    """
    found = await steps.transact(_find)
    if found.is_own:
        joined = await steps.transact(_accept_own)
    elif found.account is not None:
        joined = await _accept_with_password(steps, fields, found.account)
    else:
        joined = await _accept_as_new_user(steps, fields, found.email)
    context, member = steps.context, joined.membership
    if not found.is_own:  # the payload is read as the new member
        context.continue_as(await find_viewer(context.services.reader, member.user_id, member.company_id) or context.viewer)
    (record,) = await context.loaders.rows("Membership", [member.id])
    return {"membership": record, **deliver(context, joined.tokens)}


async def check_rate(work: UnitOfWork, fields: InputReader) -> None:
    """Add an error if the viewer's company has sent too many invitations, with those of the companies that it manages."""
    inviting = work.context.viewer.company_id
    await work.serialize("invitations", str(inviting))
    by_company = sa.or_(Invitation.company_id == inviting, Invitation.partner_id == inviting)
    if await work.scalar(_count_recent(by_company)) >= MAX_PER_COMPANY:
        fields.add_error(ErrorCode.TOO_MANY, worded(RATE_LIMITED, limit=MAX_PER_COMPANY), "email")


async def invite(work: UnitOfWork, company: Company, email: str, roles: Collection[str]) -> Invitation:
    """Store an invitation and queue its email. Without saying so, send nothing to an address that got too many."""
    same_email = sa.func.lower(Invitation.email) == email.lower()
    await work.serialize("invitation", email.lower())
    await _end_earlier(work, Invitation.company_id == company.id, same_email)
    is_sent = await work.scalar(_count_recent(same_email)) < MAX_PER_ADDRESS
    token = new_token()
    invitation = Invitation(
        company_id=company.id,
        email=email,
        roles=list(roles),
        invited_by_id=work.context.viewer.user_id,
        token_hash=hash_of(token),
        expires_at=now() + LIFETIME,
    )
    await work.add(invitation)
    message = message_templates.invitation(token, company.trading_name, work.context.services.account_url)
    if is_sent:
        await queue_mail(work.session, NotificationKind.INVITATION, email, message, is_confidential=True)
    return invitation


async def _check_not_member(work: UnitOfWork, fields: InputReader, company: UUID, email: str | None) -> None:
    """Add an error if a member that the viewer reads has this address. A user who was never claimed doesn't count."""
    if email is None:
        return
    same_email = sa.select(User.id).where(sa.func.lower(User.email) == email.lower(), User.claimed)
    is_member = sa.and_(Membership.company_id == company, Membership.user_id.in_(same_email))
    if await work.find_readable("Membership", is_member) is not None:
        fields.add_error(ErrorCode.ALREADY_MEMBER, ALREADY_MEMBER, "email")


async def _end_earlier(work: UnitOfWork, *conditions: sa.ColumnElement[bool]) -> None:
    earlier = sa.select(Invitation).where(*conditions, Invitation.ended_at.is_(None)).with_for_update()
    for invitation in await work.session.scalars(earlier):
        invitation.ended_at = now()


def _count_recent(condition: sa.ColumnElement[bool]) -> sa.Select[Any]:
    query = sa.select(sa.func.count()).select_from(Invitation)
    return query.where(condition, Invitation.created_at > now() - RATE_WINDOW)


async def _find(work: UnitOfWork, fields: InputReader) -> Found:
    """Return the invitation of the input. Raises MutationRejected."""
    if (fields.value("token") is None) == (fields.value("id") is None):
        fields.add_error(ErrorCode.REQUIRED, TOKEN_OR_ID, "token")
    work.errors.raise_if_any()
    if fields.value("token") is None:
        return Found((await _lock_own(work, fields)).email, is_own=True)
    invitation = await _lock_by_token(work, fields)
    _, is_own = await work.lock_if_allowed("Invitation", invitation.id, "accept")
    return Found(invitation.email, is_own, None if is_own else await find_account(work, invitation.email))


async def _lock_by_token(work: UnitOfWork, fields: InputReader) -> Any:
    """Return the open invitation of a token, locked. Otherwise adds an error that doesn't say why. Raises MutationRejected."""
    is_open = sa.and_(Invitation.ended_at.is_(None), Invitation.expires_at > now())
    query = sa.select(Invitation).where(Invitation.token_hash == hash_of(fields.value("token")), is_open)
    invitation = (await work.session.scalars(query.with_for_update())).one_or_none()
    if invitation is None:
        fields.add_error(ErrorCode.INVALID_TOKEN, INVALID_TOKEN, "token")
        work.errors.raise_if_any()
    return invitation


async def _lock_own(work: UnitOfWork, fields: InputReader) -> Any:
    """Return the invitation to the viewer's own address, locked: by its token or its id. Raises MutationRejected."""
    if fields.value("token") is not None:
        key = (await _lock_by_token(work, fields)).id
        invitation = await work.lock_by_key(fields, "token", "Invitation", key, "accept")
    else:
        invitation = await work.lock_for_update(fields, "id", "Invitation", "accept")
    if invitation is not None and invitation.expires_at <= now():
        fields.add_error(ErrorCode.INVALID_TOKEN, INVALID_TOKEN, "id")
    work.errors.raise_if_any()
    return invitation


async def _accept_own(work: UnitOfWork, fields: InputReader) -> Joined:
    """Let the signed-in user join. Its session acts for the new membership from then on, with the refresh token that it has."""
    invitation = await _lock_own(work, fields)
    member = await _join(work, fields, invitation, invitation.invitee_id)
    return Joined(member, await act_for(work, member))


async def _accept_with_password(steps: Steps, fields: InputReader, account: Account) -> Joined:
    """Let the owner of an account join. The attempt counts like one to sign in (V43). Raises MutationRejected."""
    password, passwords = fields.value("password"), steps.context.services.passwords
    if password is None:
        raise steps.reject(ErrorCode.REQUIRED, NEEDS_PASSWORD, "password")
    attempt = await steps.transact(lambda work, _: begin_attempt(work, account.email))
    if not await passwords.verify(password, account.password_hash):
        raise steps.reject(ErrorCode.INVALID_CREDENTIALS, WRONG_PASSWORD, "password")
    return await steps.transact(lambda work, fields: _join_account(work, fields, account, attempt))


async def _accept_as_new_user(steps: Steps, fields: InputReader, email: str) -> Joined:
    """Create a user with the invited address, and let it join. Raises MutationRejected."""
    password = read_password(fields, "password")
    name, job_title = (fields.text(field, MAX_NAME_LENGTH) for field in ("name", "job_title"))
    steps.errors.raise_if_any()
    hashed = await hash_password(steps, fields, "password", password, email, name or "")
    values = {"name": name, "job_title": job_title, "password_hash": hashed}
    return await steps.transact(lambda work, fields: _join_new_user(work, fields, values))


async def _join_account(work: UnitOfWork, fields: InputReader, account: Account, attempt: UUID) -> Joined:
    invitation = await _lock_by_token(work, fields)
    user = await lock_account(work, account)
    if user is None:
        fields.add_error(ErrorCode.INVALID_CREDENTIALS, WRONG_PASSWORD, "password")
    work.errors.raise_if_any()
    await forgive_attempt(work, attempt)
    user.email_verified_at = user.email_verified_at or now()
    return await _join_and_sign_in(work, fields, invitation, user.id)


async def _join_new_user(work: UnitOfWork, fields: InputReader, values: Mapping[str, Any]) -> Joined:
    invitation = await _lock_by_token(work, fields)
    if await find_account(work, invitation.email) is not None:
        fields.add_error(ErrorCode.REQUIRED, NEEDS_PASSWORD, "password")
    work.errors.raise_if_any()
    user = User(email=invitation.email, email_verified_at=now(), **values)
    await work.add(user)
    return await _join_and_sign_in(work, fields, invitation, user.id)


async def _join_and_sign_in(work: UnitOfWork, fields: InputReader, invitation: Invitation, user: UUID) -> Joined:
    member = await _join(work, fields, invitation, user)
    tokens = await start_session(work, user, in_cookie=fields.value("cookie") is True, membership=member.id)
    return Joined(member, tokens)


async def _join(work: UnitOfWork, fields: InputReader, invitation: Invitation, user: UUID) -> Membership:
    """Add the membership, end the invitation, and tell the company's administrators. Raises MutationRejected."""
    existing = sa.select(Membership.id).where(Membership.user_id == user, Membership.company_id == invitation.company_id)
    if await work.scalar(existing) is not None:
        fields.add_error(ErrorCode.ALREADY_MEMBER, ALREADY_MEMBER, "id" if fields.value("token") is None else "token")
    work.errors.raise_if_any()
    claimed = {member.company_id: member for member in await claim_memberships(work, user, invitation.email)}
    member = claimed.get(invitation.company_id) or Membership(user_id=user, company_id=invitation.company_id)
    member.roles = list(invitation.roles)
    name = await work.scalar(sa.select(User.name).where(User.id == user))
    message = message_templates.invitation_accepted(name, work.context.services.site_url)
    await notify_company(work.session, NotificationKind.INVITATION, invitation.company_id, message)
    await work.add(member)
    invitation.ended_at = now()
    return member


async def purge_invitations(engine: AsyncEngine, _site_url: str) -> None:
    """Delete invitations that expired long ago. A scheduled job of the worker."""
    async with engine.connect() as connection:
        await connection.execute(sa.delete(Invitation).where(Invitation.expires_at < now() - KEPT))
