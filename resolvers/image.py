"""Resolvers of images, and the scheduled job that removes unused ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Image
from models.base import Base, now
from models.image import KEPT_UNUSED
from resolvers.files.urls import File, url_of
from resolvers.reading.batching import Computed, reads_columns
from resolvers.reading.records import Record

if TYPE_CHECKING:
    from resolvers.context import Context

RECOMMENDED: Final = (200, 200)  # pixels, R007
USES: Final = [
    key.parent for table in Base.metadata.sorted_tables for key in table.foreign_keys if key.column is Image.__table__.c.id
]
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


async def purge_unused_images(engine: AsyncEngine, _site_url: str) -> None:
    """Delete images that no profile, product or user has used within KEPT_UNUSED (V64). Skips those that are just being used."""
    unused = (
        sa.select(Image.id)
        .where(
            Image.created_at < now() - KEPT_UNUSED,
            Image.photo_of_id.is_(None),
            *(~sa.exists().where(column == Image.id) for column in USES),
        )
        .with_for_update(skip_locked=True)
    )
    async with engine.connect() as connection:
        await connection.execute(sa.delete(Image).where(Image.id.in_(unused)))
