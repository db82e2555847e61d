"""Files: what has an address of its own beside GraphQL, and is read by whoever reads what it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from resolvers.values.identifiers import Identifier

if TYPE_CHECKING:
    from resolvers.context import Context


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is served."""

    media_type: str
    content: bytes


def url_of(entity: str, key: UUID, context: Context) -> str:
    """Where the file of a thing is served."""
    return f"{context.services.public_url}/files/{Identifier(entity, key)}"
