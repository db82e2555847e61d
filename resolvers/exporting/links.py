"""Links to the files of exports: each is signed for one export, and works for minutes. A link that has expired is made anew.

A link is as good as the asker's token for this one file. What it gives is decided by the asker's rights when it's used.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from uuid import UUID

from models.base import now
from resolvers.values.identifiers import Identifier

if TYPE_CHECKING:
    from resolvers.context import Services

PURPOSE: Final = b"links to exports"  # for which the secrets are derived
LIFETIME: Final = timedelta(minutes=10)


def link_of(export: UUID, services: Services) -> str:
    """Return a link to the file of an export."""
    until = int((now() + LIFETIME).timestamp())
    signature = _signatures(export, until, services.tokens.secrets(PURPOSE))[0]
    return f"{services.public_url}/exports/{Identifier('Export', export)}?until={until}&signature={signature}"


def is_signed(export: UUID, until: str, signature: str, services: Services, at: datetime) -> bool:
    """Return whether a link was signed for this export, and hasn't expired."""
    if not (until.isascii() and until.isdecimal() and len(until) <= len("9999999999")):
        return False
    valid = _signatures(export, int(until), services.tokens.secrets(PURPOSE))
    is_genuine = any(hmac.compare_digest(signature.encode(), each.encode()) for each in valid)
    return is_genuine and at.timestamp() < int(until)


def _signatures(export: UUID, until: int, secrets: Sequence[bytes]) -> list[str]:
    """Return the signature by each of the secrets."""
    signed = b"%s %d" % (export.hex.encode(), until)
    return [urlsafe_b64encode(hmac.digest(secret, signed, sha256)).decode().rstrip("=") for secret in secrets]
