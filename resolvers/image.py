"""How images get their data, and how one is read as a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from models import Image
from resolvers import identifiers
from resolvers.identifiers import Identifier, InvalidId
from resolvers.record import Record

if TYPE_CHECKING:
    from resolvers.context import Context

RECOMMENDED: Final = (200, 200)  # pixels, R007
CONTENT: Final = sa.select(Image.content).where(Image.id == sa.bindparam("image", type_=sa.Uuid()))


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is served."""

    media_type: str
    content: bytes


async def url(images: Sequence[Record], context: Context) -> list[str]:
    """Where each image is served."""
    return [f"{context.services.public_url}/files/{Identifier('Image', image.id)}" for image in images]


async def is_recommended_size(images: Sequence[Record], _context: Context) -> list[bool]:
    """Whether each image has the size that is recommended (A2)."""
    return [(image.width, image.height) == RECOMMENDED for image in images]


async def file(name: str, context: Context) -> File | None:
    """The image of a global id, None where there is none or the viewer may not read it."""
    try:
        key = identifiers.parse(name, "name", "Image").key
    except InvalidId:
        return None
    (image,) = await context.loaders.rows("Image", [key])
    if image is None:
        return None
    async with context.services.engine.connect() as connection:
        content = await connection.scalar(CONTENT, {"image": image.id})
    return None if content is None else File(image.media_type.value, content)
