"""API keys as bearer credentials. Their form is checked before the body is read, and the rest with the viewer (V51, V70)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID

from resolvers.values.api_keys import KeyCredential, parse

KEY_REFUSED: Final = "The API key is not valid, has expired or was revoked, or can't be used from this origin."


@dataclass(frozen=True, slots=True)
class ApiKeyClaims:
    """A credential that has the form of an API key, and the origin of the request, if a browser sent it."""

    credential: KeyCredential
    origin: str | None
    expires_at: ClassVar[datetime | None] = None  # known to the database only
    refusal: ClassVar[str] = KEY_REFUSED
    keys: ClassVar[tuple[UUID, ...]] = ()  # the viewer names the key

    @property
    def log_facts(self) -> dict[str, object]:
        """What the log says about the sender."""
        return {"api_key": self.credential.prefix}


def read_api_key(text: str, origin: str | None) -> ApiKeyClaims:
    """Return the claims of a key's text. Raises InvalidApiKey."""
    return ApiKeyClaims(parse(text), origin)
