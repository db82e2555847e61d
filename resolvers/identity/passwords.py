"""Passwords: hashed with Argon2id and compared in threads of their own, so that sign-ins never keep other requests waiting (V43)."""

from __future__ import annotations

import asyncio
import os
import unicodedata
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from resolvers.values.text import is_storable

MAX_LENGTH: Final = 128  # characters (V43)
TIME_COST: Final = 2
MEMORY_COST: Final = 19_456  # KiB: 19 MiB
MAX_ESTIMATED_LENGTH: Final = 72  # characters that zxcvbn looks at
COMMON_SCORE: Final = 2  # zxcvbn's score of passwords that fewer than 10^8 guesses find


class Passwords:
    """Hashes passwords. A comparison costs the same whether or not there is a hash to compare with (V42).

    The processes of a gateway, `processes` of them, have threads for half of the processors, and each has at least one. Each thread
    has its own memory.
    """

    def __init__(self, processes: int = 1) -> None:
        self._hasher = PasswordHasher(time_cost=TIME_COST, memory_cost=MEMORY_COST, parallelism=1)
        self._threads = ThreadPoolExecutor(max(1, (os.cpu_count() or 2) // 2 // processes), thread_name_prefix="password")
        self._dummy = _unmatched_hash()

    async def hash(self, password: str) -> str:
        """Return the hash of a password, with its parameters and its salt."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hasher.hash, normalized(password))

    async def verify(self, password: str, stored: str | None) -> bool:
        """Return whether a password has the stored hash. Without one, compare with the hash of a password that nobody has."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._verify, password, stored)

    def needs_rehash(self, stored: str) -> bool:
        """Return whether a hash was made with other parameters than new ones."""
        return self._hasher.check_needs_rehash(stored)

    async def is_common(self, password: str) -> bool:
        """Return whether a password is among the common ones, or a variation of them."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, _is_common, normalized(password))

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, password: str, stored: str | None) -> bool:
        is_possible = stored is not None and is_storable(password) and len(password) <= MAX_LENGTH
        compared = normalized(password) if is_possible else ""
        try:
            return self._hasher.verify(stored if stored is not None else self._dummy, compared) and is_possible
        except (VerificationError, InvalidHashError):
            return False


def normalized(password: str) -> str:
    """Return a password in Unicode's composed form, so that keyboards that type accents differently agree."""
    return unicodedata.normalize("NFC", password)


def _unmatched_hash() -> str:
    """Return a hash that no password has, and that costs as much to compare as any other."""
    salt, digest = (b64encode(os.urandom(size)).decode().rstrip("=") for size in (16, 32))
    return f"$argon2id$v=19$m={MEMORY_COST},t={TIME_COST},p=1${salt}${digest}"


def _is_common(password: str) -> bool:
    estimate = zxcvbn(password[:MAX_ESTIMATED_LENGTH])
    return bool(estimate["score"] <= COMMON_SCORE)
