"""The secrets that sign webhooks, in the form of Standard Webhooks: `whsec_` and the key in base64. They are stored encrypted."""

from __future__ import annotations

import secrets
from base64 import b64encode
from typing import Final

PURPOSE: Final = b"webhooks"  # for which the key that encrypts secrets is derived
MARK: Final = "whsec_"
SECRET_BYTES: Final = 32


def generate() -> str:
    """Return a new secret."""
    return MARK + b64encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")
