"""Which passwords are accepted (V43). Each rule has its own error code, so that forms can explain it."""

from __future__ import annotations

import re
from typing import Final

from resolvers.identity.passwords import MAX_LENGTH, Passwords, normalized
from resolvers.values.messages import worded
from resolvers.values.text import is_storable
from resolvers.writing.input_reader import InputReader
from resolvers.writing.procedures import Steps
from resolvers.writing.user_errors import ErrorCode

MIN_LENGTH: Final = 15  # characters (V43)
PART: Final = re.compile(r"[^\W\d_]{4,}")  # a run of four letters or more is a part of a name or an address (V75)
TOO_SHORT: Final = "Must have {limit} characters or more (got {length})."
TOO_LONG: Final = "Must have {limit} characters or fewer (got {length})."
TOO_COMMON: Final = "This password is easy to guess. Use several words that don't belong together."
TOO_PERSONAL: Final = "The password can't contain a part of your name or your email address."


def read_password(fields: InputReader, name: str) -> str | None:
    """Read a new password, or add an error if its length or a character isn't allowed."""
    password = normalized(fields.value(name) or "")
    if not is_storable(password):
        fields.add_error(ErrorCode.INVALID_TEXT, "Contains a character that isn't allowed here.", name)
    elif len(password) < MIN_LENGTH:
        fields.add_error(ErrorCode.PASSWORD_TOO_SHORT, worded(TOO_SHORT, limit=MIN_LENGTH, length=len(password)), name)
    elif len(password) > MAX_LENGTH:
        fields.add_error(ErrorCode.PASSWORD_TOO_LONG, worded(TOO_LONG, limit=MAX_LENGTH, length=len(password)), name)
    else:
        return password
    return None


async def check_password(passwords: Passwords, fields: InputReader, name: str, password: str, *personal: str) -> None:
    """Add an error if a password is common, or contains a part of the user's name or address, which are `personal`."""
    parts = [part for text in personal for part in PART.findall(normalized(text).casefold())]
    if any(part in password.casefold() for part in parts):
        fields.add_error(ErrorCode.PASSWORD_TOO_PERSONAL, TOO_PERSONAL, name)
    elif await passwords.is_common(password):
        fields.add_error(ErrorCode.PASSWORD_TOO_COMMON, TOO_COMMON, name)


async def hash_password(steps: Steps, fields: InputReader, name: str, password: str | None, *personal: str) -> str:
    """Return the hash of a new password. Raises MutationRejected if it's easy to guess."""
    assert password is not None  # noqa: S101 (otherwise there was an error)
    passwords = steps.context.services.passwords
    await check_password(passwords, fields, name, password, *personal)
    steps.errors.raise_if_any()
    return await passwords.hash(password)
