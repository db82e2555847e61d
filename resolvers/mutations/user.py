"""Mutations of users: sign up, reset or change a password, and change the own details.

Until a token from an email proves that the requester owns an address, an answer never tells whether it has an account (V42).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from models import Image, User
from models.base import now
from models.email_token import EmailTokenPurpose
from models.notification import NotificationKind
from models.user import MAX_NAME_LENGTH
from resolvers.identity.accounts import Account, claim_memberships, find_account, lock_account
from resolvers.identity.attempts import begin_attempt, forgive_attempt
from resolvers.identity.email_tokens import create_token, find_token, use_token
from resolvers.identity.password_rules import hash_password, read_password
from resolvers.identity.sessions import Tokens, deliver, end_sessions, start_session
from resolvers.notifying import message_templates
from resolvers.notifying.notifications import notify_user, queue_mail
from resolvers.values.identifiers import Identifier
from resolvers.writing.field_readers import FieldReader, assign, read_present, text
from resolvers.writing.input_reader import InputReader
from resolvers.writing.procedures import Steps
from resolvers.writing.runner import ChangedIds
from resolvers.writing.unit_of_work import UnitOfWork, requires
from resolvers.writing.user_errors import ErrorCode

DETAILS: Final[Mapping[str, FieldReader]] = {"name": text(MAX_NAME_LENGTH), "job_title": text(MAX_NAME_LENGTH)}
HAS_ACCOUNT: Final = "This email address already has an account. Sign in, or reset your password."
NOT_YOUR_PHOTO: Final = "Upload the photo yourself, with the purpose PHOTO."
WRONG_PASSWORD: Final = "The current password is wrong."  # noqa: S105 (a message)
NO_ACCOUNT: Final = "This account no longer exists, or its password was changed meanwhile. Request a new email."


@requires()
async def sign_up(steps: Steps, fields: InputReader) -> Mapping[str, Any]:
    """Send an email that completes the sign-up, or one that says that there is an account (R401, V42)."""
    address = _read_address(steps, fields)
    await steps.transact(lambda work, _: _send_sign_up(work, address))
    return {"sent": True}


@requires()
async def complete_sign_up(steps: Steps, fields: InputReader) -> Mapping[str, Any]:
    """Create a user with a verified address, and start its first session (R402, R406)."""
    password = read_password(fields, "password")
    name, job_title = (fields.text(field, MAX_NAME_LENGTH) for field in ("name", "job_title"))
    steps.errors.raise_if_any()
    address = await steps.transact(_address_of_sign_up)
    hashed = await hash_password(steps, fields, "password", password, address, name or "")
    user = {"name": name, "job_title": job_title, "password_hash": hashed}
    tokens = await steps.transact(lambda work, fields: _complete_sign_up(work, fields, user))
    return deliver(steps.context, tokens)


@requires()
async def request_password_reset(steps: Steps, fields: InputReader) -> Mapping[str, Any]:
    """Send an email to choose a new password, if the address has an account (V42)."""
    address = _read_address(steps, fields)
    await steps.transact(lambda work, _: _send_reset(work, address))
    return {"sent": True}


@requires()
async def reset_password(steps: Steps, fields: InputReader) -> Mapping[str, Any]:
    """Give an account a new password, end its sessions, and start one (V44)."""
    password = read_password(fields, "password")
    steps.errors.raise_if_any()
    account = await steps.transact(_account_of_reset)
    hashed = await hash_password(steps, fields, "password", password, account.email, account.name)
    tokens = await steps.transact(lambda work, fields: _reset(work, fields, account, hashed))
    return deliver(steps.context, tokens)


@requires(User="change_password")
async def change_password(steps: Steps, fields: InputReader) -> Mapping[str, Any]:
    """Replace the user's own password by another one, and end its other sessions (V44)."""
    new = read_password(fields, "new")
    steps.errors.raise_if_any()
    attempt, account = await steps.transact(_begin_change)
    if not await steps.context.services.passwords.verify(fields.value("current"), account.password_hash):
        raise steps.reject(ErrorCode.INVALID_CREDENTIALS, WRONG_PASSWORD, "current")
    hashed = await hash_password(steps, fields, "new", new, account.email, account.name)
    await steps.transact(lambda work, _: _change(work, attempt, account, hashed))
    return {"changed": True}


@requires(User="update_user")
async def update_user(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Change the user's own name, job title and photo (R407, R408)."""
    user = await work.acting_user("update_user")
    values = read_present(fields, DETAILS)
    photo = await work.lock_for_update(fields, "photo_id", "Image", "read")
    if user is not None and photo is not None and photo.user_id != user.id:
        fields.add_error(ErrorCode.INVALID_VALUE, NOT_YOUR_PHOTO, "photo_id")
    if user is not None:
        work.check_and_bump_version(fields, user)
    work.errors.raise_if_any()
    assign(user, values)
    if fields.has("photo_id"):
        await _use_photo(work, user.id, photo)
    return {"user": Identifier("User", user.id)}


async def _use_photo(work: UnitOfWork, user: UUID, photo: Image | None) -> None:
    """Make an image the photo of its user, instead of the one before (V64)."""
    replaced = sa.select(Image).where(Image.photo_of_id == user).with_for_update()
    for image in (await work.session.scalars(replaced)).all():
        image.photo_of_id = None
    await work.session.flush()
    if photo is not None:
        photo.photo_of_id = user


def _read_address(steps: Steps, fields: InputReader) -> str:
    """Read the email address. Raises MutationRejected."""
    address = fields.email("email", required=True)
    steps.errors.raise_if_any()
    assert address is not None  # noqa: S101 (otherwise there was an error)
    return address


async def _send_sign_up(work: UnitOfWork, address: str) -> None:
    account, account_url = await find_account(work, address), work.context.services.account_url
    token = await create_token(work, EmailTokenPurpose.SIGN_UP, address)
    if token is None:
        return
    message = message_templates.sign_up_again(account_url) if account else message_templates.sign_up(token, account_url)
    to_address = account.email if account else address
    await queue_mail(work.session, NotificationKind.EMAIL_VERIFICATION, to_address, message, is_confidential=True)


async def _send_reset(work: UnitOfWork, address: str) -> None:
    """Queue the email, and take it back if there is no account, so that both cases run the same statements."""
    account = await find_account(work, address)
    token = await create_token(work, EmailTokenPurpose.PASSWORD_RESET, address)
    if token is None:
        return
    message = message_templates.password_reset(token, work.context.services.account_url)
    async with work.session.begin_nested() as queued:
        to_address = account.email if account else address
        await queue_mail(work.session, NotificationKind.SECURITY, to_address, message, is_confidential=True)
        if account is None:
            await queued.rollback()


async def _address_of_sign_up(work: UnitOfWork, fields: InputReader) -> str:
    address: str = (await find_token(work, fields, EmailTokenPurpose.SIGN_UP)).address
    return address


async def _complete_sign_up(work: UnitOfWork, fields: InputReader, values: Mapping[str, Any]) -> Tokens:
    token = await find_token(work, fields, EmailTokenPurpose.SIGN_UP)
    if await find_account(work, token.address) is not None:
        fields.add_error(ErrorCode.TAKEN, HAS_ACCOUNT, "token")
    photo = await _photo_of_sign_up(work, fields, token.id)
    work.errors.raise_if_any()
    await use_token(work, token)
    user = User(email=token.address, email_verified_at=now(), **values)
    await work.add(user)
    if photo is not None:
        photo.sign_up_id, photo.user_id, photo.photo_of_id = None, user.id, user.id
    await claim_memberships(work, user.id, token.address)
    return await start_session(work, user.id, in_cookie=fields.value("cookie") is True)


async def _photo_of_sign_up(work: UnitOfWork, fields: InputReader, sign_up: UUID) -> Image | None:
    """Return the image in the field `photo_id`, locked. Only one that was uploaded with the same token is found (V64)."""
    key = fields.key("photo_id", "Image")
    if key is None:
        return None
    query = sa.select(Image).where(Image.id == key, Image.sign_up_id == sign_up).with_for_update()
    image = (await work.session.scalars(query)).one_or_none()
    if image is None:
        work.report_not_found(fields, "photo_id", "Image", "read")
    return image


async def _account_of_reset(work: UnitOfWork, fields: InputReader) -> Account:
    """Return the account of a token's address. Raises MutationRejected."""
    token = await find_token(work, fields, EmailTokenPurpose.PASSWORD_RESET)
    account = await find_account(work, token.address)
    if account is None:
        fields.add_error(ErrorCode.INVALID_TOKEN, NO_ACCOUNT, "token")
    work.errors.raise_if_any()
    assert account is not None  # noqa: S101 (otherwise there was an error)
    return account


async def _reset(work: UnitOfWork, fields: InputReader, account: Account, hashed: str) -> Tokens:
    token = await find_token(work, fields, EmailTokenPurpose.PASSWORD_RESET)
    user = await lock_account(work, account)
    if user is None:
        fields.add_error(ErrorCode.INVALID_TOKEN, NO_ACCOUNT, "token")
    work.errors.raise_if_any()
    await use_token(work, token)
    user.email_verified_at = user.email_verified_at or now()
    await _set_password(work, user, hashed, keep=None)
    return await start_session(work, user.id, in_cookie=fields.value("cookie") is True)


async def _begin_change(work: UnitOfWork, _fields: InputReader) -> tuple[UUID, Account]:
    """Count the attempt, and return it with the account of the viewer. Raises MutationRejected."""
    user = await work.acting_user("change_password")
    work.errors.raise_if_any()
    return await begin_attempt(work, user.email), Account(user.id, user.email, user.name, user.password_hash)


async def _change(work: UnitOfWork, attempt: UUID, account: Account, hashed: str) -> None:
    user = await lock_account(work, account)
    if user is None:
        work.errors.add(ErrorCode.INVALID_CREDENTIALS, WRONG_PASSWORD, "current")
    work.errors.raise_if_any()
    await forgive_attempt(work, attempt)
    await _set_password(work, user, hashed, keep=work.context.viewer.session_id)


async def _set_password(work: UnitOfWork, user: User, hashed: str, *, keep: UUID | None) -> None:
    """Set a user's password, end its sessions but one, and tell the user (V44)."""
    user.password_hash = hashed
    await end_sessions(work.session, user.id, keep=keep)
    message = message_templates.password_changed(work.context.services.account_url)
    await notify_user(work.session, NotificationKind.SECURITY, user.id, message)
