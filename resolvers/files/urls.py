"""Files and their URLs outside GraphQL. Whoever can read an object's file field can download the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from resolvers.values.identifiers import Identifier

if TYPE_CHECKING:
    from resolvers.context import Context


@dataclass(frozen=True, slots=True)
class File:
    """A file to serve: as a download with this name, if it has one. A permanent one never changes under its URL."""

    media_type: str
    content: bytes
    download_name: str | None = None
    is_permanent: bool = False


def url_of(entity: str, key: UUID, context: Context, extension: str = "") -> str:
    """Return the URL of an object's file. `extension`, such as `.csv`, chooses one of several."""
    return f"{context.services.public_url}/files/{Identifier(entity, key)}{extension}"
