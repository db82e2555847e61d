"""Email tokens: 100 random bits in a link, which are also a code to type (V42). The database has their hashes only.

A token is written in Crockford's base 32, in groups of four. It's read without regard to case, hyphens and white space, and with the
letters that look like digits.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from models import EmailToken
from models.base import now
from models.email_token import LIFETIMES, MAX_PER_ADDRESS, MAX_PER_PEER, RATE_WINDOW, EmailTokenPurpose
from resolvers.identity.attempts import UNKNOWN_PEER
from resolvers.writing.input_reader import InputReader
from resolvers.writing.unit_of_work import UnitOfWork
from resolvers.writing.user_errors import ErrorCode

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 20  # characters, of five bits each
GROUP: Final = 4
LOOKALIKES: Final = str.maketrans("OIL", "011")
IGNORED: Final = re.compile(r"[\s-]+")
VALID: Final = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")
INVALID_TOKEN: Final = "This code is wrong, was used already, or has expired. Request a new email."  # noqa: S105 (a message)


def new_token() -> str:
    """Return a random token as it's written."""
    text = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return "-".join(text[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def parse_token(text: str) -> str | None:
    """Return the characters of a written token, or None if it isn't one."""
    token = IGNORED.sub("", text).upper().translate(LOOKALIKES)
    return token if VALID.fullmatch(token) else None


def hash_of(token: str) -> str:
    """Return the hash under which a written token is stored. Its bits are random, so it needs no slow hash."""
    return hashlib.sha256((parse_token(token) or "").encode()).hexdigest()


async def create_token(work: UnitOfWork, purpose: EmailTokenPurpose, address: str) -> str | None:
    """Store a new token for an address and return it, or None if too many were requested for the address or by the peer."""
    peer = work.context.origin.peer or UNKNOWN_PEER
    limits = (
        (sa.func.lower(EmailToken.address) == address.lower(), MAX_PER_ADDRESS, address.lower()),
        (EmailToken.peer == peer, MAX_PER_PEER, peer),
    )
    for tokens, limit, key in limits:
        await work.serialize("email token", key)
        recent = sa.select(sa.func.count()).select_from(EmailToken).where(tokens, EmailToken.created_at > now() - RATE_WINDOW)
        if await work.scalar(recent) >= limit:
            return None
    token = new_token()
    expiry = now() + LIFETIMES[purpose]
    await work.add(EmailToken(purpose=purpose, address=address, token_hash=hash_of(token), peer=peer, expires_at=expiry))
    return token


async def find_token(work: UnitOfWork, fields: InputReader, purpose: EmailTokenPurpose) -> Any:
    """Return the valid token in the field `token`, locked. Otherwise adds an error that doesn't say why. Raises MutationRejected."""
    token = await lock_token(work, fields.value("token"), purpose)
    if token is None:
        fields.add_error(ErrorCode.INVALID_TOKEN, INVALID_TOKEN, "token")
        work.errors.raise_if_any()
    return token


async def lock_token(work: UnitOfWork, text: str, purpose: EmailTokenPurpose) -> EmailToken | None:
    """Return a valid token by how it's written, locked, or None."""
    is_valid = sa.and_(EmailToken.used_at.is_(None), EmailToken.expires_at > now())
    query = sa.select(EmailToken).where(EmailToken.token_hash == hash_of(text), EmailToken.purpose == purpose, is_valid)
    return (await work.session.scalars(query.with_for_update())).one_or_none()


async def use_token(work: UnitOfWork, token: EmailToken) -> None:
    """Mark a token as used, and with it all others that its address got for the same purpose."""
    same = (EmailToken.purpose == token.purpose, sa.func.lower(EmailToken.address) == sa.func.lower(token.address))
    await work.session.execute(sa.update(EmailToken).where(*same, EmailToken.used_at.is_(None)).values(used_at=now()))


async def purge_tokens(engine: AsyncEngine, _site_url: str) -> None:
    """Delete tokens that have expired. A scheduled job of the worker."""
    async with engine.connect() as connection:
        await connection.execute(sa.delete(EmailToken).where(EmailToken.expires_at < now() - RATE_WINDOW))
