"""Resolvers of images, and the scheduled job that removes unused ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Image
from models.base import Base, now
from models.image import KEPT_UNUSED, SIDES, ImageRendition, ImageSize
from resolvers.execution.worker_thread import run_in_worker
from resolvers.files.image_decoding import shrink
from resolvers.files.urls import File, url_of
from resolvers.reading.batching import Computed, reads_columns
from resolvers.reading.records import Record

if TYPE_CHECKING:
    from resolvers.context import Context

RECOMMENDED: Final = (200, 200)  # pixels, R007
USES: Final = [
    key.parent
    for table in Base.metadata.sorted_tables
    if table is not ImageRendition.__table__
    for key in table.foreign_keys
    if key.column is Image.__table__.c.id
]
RENDITION: Final = sa.select(ImageRendition.content).where(
    ImageRendition.image_id == sa.bindparam("image", type_=sa.Uuid()),
    ImageRendition.side == sa.bindparam("side", type_=sa.Integer()),
)
# The image may have been deleted in the meantime, and another request may have stored the same.
STORE_RENDITION: Final = (
    postgresql.insert(ImageRendition)
    .from_select(
        ["image_id", "side", "content"],
        sa.select(Image.id, sa.bindparam("side", type_=sa.Integer()), sa.bindparam("content", type_=sa.LargeBinary())).where(
            Image.id == sa.bindparam("image", type_=sa.Uuid())
        ),
    )
    .on_conflict_do_nothing()
)
WEBP: Final = "image/webp"
CONTENT: Final = sa.select(Image.content).where(Image.id == sa.bindparam("image", type_=sa.Uuid()))


@reads_columns("id")
async def url(images: Sequence[Record], context: Context, *, size: ImageSize | None = None) -> list[str]:
    """Return the URL of each image, as it was uploaded or in a size."""
    extension = "" if size is None else f".{rendition_extension(SIDES[size])}"
    return [url_of("Image", image.id, context, extension) for image in images]


def rendition_extension(side: int) -> str:
    """Return the extension of an image's file with this limit of its longer side."""
    return f"{side}.webp"


def has_recommended_size(width: int, height: int) -> bool:
    """Return True if an image has the recommended size (A2)."""
    return (width, height) == RECOMMENDED


is_recommended_size: Final = Computed(has_recommended_size, ("width", "height"))


async def image_of(image: Record, context: Context) -> File:
    """Load the file of an image."""
    (row,) = await context.services.reader.fetch(CONTENT, {"image": image.id})
    return File(image.media_type, row.content)


async def rendition_of(image: Record, context: Context, *, side: int) -> File:
    """Load an image in another size. It's made when it's first requested, and stored."""
    parameters = {"image": image.id, "side": side}
    rows = await context.services.reader.fetch(RENDITION, parameters)
    if rows:
        return File(WEBP, rows[0].content, is_permanent=True)
    (original,) = await context.services.reader.fetch(CONTENT, {"image": image.id})
    content = await run_in_worker(shrink, original.content, side)
    async with context.services.engine.begin() as connection:
        await connection.execute(STORE_RENDITION, {**parameters, "content": content})
    return File(WEBP, content, is_permanent=True)


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
