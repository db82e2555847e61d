"""Resolvers of documents, and the scheduled job that removes unused ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Document, Offer
from models.base import now
from models.image import KEPT_UNUSED
from resolvers.files.urls import File, url_of
from resolvers.reading.batching import reads_columns
from resolvers.reading.records import Record

if TYPE_CHECKING:
    from resolvers.context import Context

CONTENT: Final = sa.select(Document.content).where(Document.id == sa.bindparam("document", type_=sa.Uuid()))
EXTENSIONS: Final = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}


@reads_columns("id")
async def url(documents: Sequence[Record], context: Context) -> list[str]:
    """Return the URL of each document."""
    return [url_of("Document", document.id, context) for document in documents]


async def document_file(document: Record, context: Context) -> File:
    """Load the file of a document, for download only: browsers must not show what others uploaded as a page of the gateway."""
    (row,) = await context.services.reader.fetch(CONTENT, {"document": document.id})
    return File(document.media_type, row.content, f"{document.purpose.lower()}.{EXTENSIONS[document.media_type]}")


def is_unused(document: Any) -> sa.ColumnElement[bool]:
    """Match documents that neither a company nor an offer uses."""
    in_offer = sa.exists().where(Offer.document_ids.contains(postgresql.array([document.id])))
    return sa.and_(document.certified_id.is_(None), ~in_offer)


async def purge_unused_documents(engine: AsyncEngine, _site_url: str) -> None:
    """Delete documents that no company or offer has used within KEPT_UNUSED (V64). Skips those that are just being used."""
    unused = (
        sa.select(Document.id)
        .where(is_unused(Document), Document.uploaded_at < now() - KEPT_UNUSED)
        .with_for_update(skip_locked=True)
    )
    async with engine.connect() as connection:
        await connection.execute(sa.delete(Document).where(Document.id.in_(unused)))
