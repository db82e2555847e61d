"""Resolvers of images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from models import Image
from resolvers.files.urls import File, url_of
from resolvers.reading.batching import Computed, reads_columns
from resolvers.reading.records import Record

if TYPE_CHECKING:
    from resolvers.context import Context

RECOMMENDED: Final = (200, 200)  # pixels, R007
CONTENT: Final = sa.select(Image.content).where(Image.id == sa.bindparam("image", type_=sa.Uuid()))


@reads_columns("id")
async def url(images: Sequence[Record], context: Context) -> list[str]:
    """Return the URL of each image."""
    return [url_of("Image", image.id, context) for image in images]


def has_recommended_size(width: int, height: int) -> bool:
    """Return True if an image has the recommended size (A2)."""
    return (width, height) == RECOMMENDED


is_recommended_size: Final = Computed(has_recommended_size, ("width", "height"))


async def image_of(image: Record, context: Context) -> File:
    """Load the file of an image."""
    (row,) = await context.services.reader.fetch(CONTENT, {"image": image.id})
    return File(image.media_type, row.content)
