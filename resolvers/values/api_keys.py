"""The text of API keys: `cgk_PREFIX_SECRET`, which ends in a checksum, so that scanners of repositories recognise leaked keys (V51).

The prefix is public and identifies the key. Only a hash of the secret is ever stored: it's random, so a fast hash is safe.
"""

from __future__ import annotations

import re
import secrets
import string
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from zlib import crc32

MARK: Final = "cgk_"
ALPHABET: Final = string.digits + string.ascii_letters
PREFIX_LENGTH: Final = 10
SECRET_LENGTH: Final = 32  # 190 bits
CHECKSUM_LENGTH: Final = 6  # CRC-32 in base 62
FORM: Final = re.compile(
    rf"{MARK}(?P<prefix>[0-9A-Za-z]{{{PREFIX_LENGTH}}})_(?P<secret>[0-9A-Za-z]{{{SECRET_LENGTH}}})"
    rf"(?P<checksum>[0-9A-Za-z]{{{CHECKSUM_LENGTH}}})",
    re.ASCII,
)


class InvalidApiKey(ValueError):
    """The text isn't an API key. Never contains the text."""


@dataclass(frozen=True, slots=True)
class KeyCredential:
    """What identifies and proves an API key: its public prefix, and the hash of the whole text."""

    prefix: str
    secret_hash: str


def generate() -> tuple[str, KeyCredential]:
    """Return the text of a new key, and what is stored of it."""
    body = f"{MARK}{_random(PREFIX_LENGTH)}_{_random(SECRET_LENGTH)}"
    text = body + _checksum(body)
    return text, parse(text)


def looks_like_api_key(text: str) -> bool:
    """Return whether a credential claims to be an API key."""
    return text.startswith(MARK)


def parse(text: str) -> KeyCredential:
    """Return the credential in the text of a key. Raises InvalidApiKey."""
    match = FORM.fullmatch(text)
    if match is None or _checksum(text[:-CHECKSUM_LENGTH]) != match["checksum"]:
        raise InvalidApiKey
    return KeyCredential(match["prefix"], sha256(text.encode("ascii")).hexdigest())


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _checksum(body: str) -> str:
    number, digits = crc32(body.encode("ascii")), ""
    for _ in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits
