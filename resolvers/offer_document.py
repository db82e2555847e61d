"""Resolvers of the documents of offers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from models import OfferDocument
from resolvers.files.certificate_decoding import PDF
from resolvers.files.urls import File, url_of
from resolvers.reading.batching import reads_columns
from resolvers.reading.records import Record

if TYPE_CHECKING:
    from resolvers.context import Context

CONTENT: Final = sa.select(OfferDocument.content).where(OfferDocument.id == sa.bindparam("document", type_=sa.Uuid()))
NAME: Final = "service-agreement.pdf"


@reads_columns("id")
async def url(documents: Sequence[Record], context: Context) -> list[str]:
    """Return the URL of each document."""
    return [url_of("OfferDocument", document.id, context) for document in documents]


async def offer_document_file(document: Record, context: Context) -> File:
    """Load the PDF of an offer, for download only."""
    (row,) = await context.services.reader.fetch(CONTENT, {"document": document.id})
    return File(PDF, row.content, NAME)
