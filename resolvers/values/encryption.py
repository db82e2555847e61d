"""Encryption of short texts for storage, such as bank account numbers: AES-256-GCM, bound to the row that owns the text.

The key is derived from the signing keys: the first one encrypts. `crossgate key rotate` never removes a key, so what an earlier one
has encrypted stays readable.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES: Final = 12


class Undecipherable(Exception):
    """None of the keys decrypts a stored text: the signing key file is another one, or lacks a key."""

    def __init__(self) -> None:
        super().__init__(
            "No signing key decrypts a stored secret. All processes of a database must share the signing key file."
        )


def encrypt(text: str, owner: UUID, secrets: Sequence[bytes]) -> bytes:
    """Encrypt a text of an owner with the first secret."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(secrets[0]).encrypt(nonce, text.encode(), owner.bytes)


def decrypt(encrypted: bytes, owner: UUID, secrets: Sequence[bytes]) -> str:
    """Decrypt a text of an owner with the secret that encrypted it. Raises Undecipherable."""
    nonce, text = encrypted[:NONCE_BYTES], encrypted[NONCE_BYTES:]
    for secret in secrets:
        try:
            return AESGCM(secret).decrypt(nonce, text, owner.bytes).decode()
        except InvalidTag:
            continue
    raise Undecipherable
