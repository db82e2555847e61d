"""Refresh tokens: a session's key, the number of its refreshes, and a MAC. No token is stored: each can be computed again (V44).

The key of the MAC is derived from the signing keys. Any usable key verifies a token; the first one makes new ones.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from uuid import UUID

PURPOSE: Final = b"refresh"  # for which the MAC's key is derived
PREFIX: Final = "cgr_"  # so that scanners recognize a leaked token
KEY_BYTES: Final = 16
COUNTER_BYTES: Final = 8
PAYLOAD_BYTES: Final = KEY_BYTES + COUNTER_BYTES
MAC_BYTES: Final = sha256().digest_size
MAX_LENGTH: Final = 200  # characters


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A session, and how often it had been refreshed when the token was made."""

    session_id: UUID
    refreshes: int

    def sign(self, secrets: Sequence[bytes]) -> str:
        """Return the token as clients get it."""
        payload = self.session_id.bytes + self.refreshes.to_bytes(COUNTER_BYTES)
        return PREFIX + _encode(payload + _mac(secrets[0], payload))


def verify(text: str, secrets: Sequence[bytes]) -> RefreshToken | None:
    """Return the token if one of the secrets has signed it, or None."""
    raw = _decode(text)
    payload, mac = raw[:PAYLOAD_BYTES], raw[PAYLOAD_BYTES:]
    if not any(hmac.compare_digest(mac, _mac(secret, payload)) for secret in secrets):
        return None
    return RefreshToken(UUID(bytes=payload[:KEY_BYTES]), int.from_bytes(payload[KEY_BYTES:]))


def _mac(secret: bytes, payload: bytes) -> bytes:
    return hmac.digest(secret, payload, "sha256")


def _decode(text: str) -> bytes:
    """Return the bytes of a token, or as many zeros if it's malformed, which no MAC matches."""
    encoded = text.removeprefix(PREFIX)
    malformed = bytes(PAYLOAD_BYTES + MAC_BYTES)
    if not text.startswith(PREFIX) or len(text) > MAX_LENGTH or not encoded.isascii():
        return malformed
    try:
        raw = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except (ValueError, Base64Error):
        return malformed
    return raw if len(raw) == len(malformed) and _encode(raw) == encoded else malformed  # the decoder ignores some characters


def _encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
