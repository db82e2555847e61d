"""The documents of an offer: which uploads it has, and the PDF that joins them (R238-R240, V39)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from hashlib import sha256
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from models import Document, Offer, OfferDocument
from models.document import DocumentPurpose
from models.offer import OfferStatus
from models.offer_document import MAX_DOCUMENTS
from resolvers.files.agreement_decoding import join_documents
from resolvers.writing.input_reader import InputReader
from resolvers.writing.row_lists import pick
from resolvers.writing.unit_of_work import UnitOfWork


async def read_documents(work: UnitOfWork, fields: InputReader, seller: UUID | None) -> list[Document]:
    """Read the ids of uploads of the seller for an offer, locked so that they aren't removed as unused meanwhile."""
    items = fields.keys("document_ids", "Document", MAX_DOCUMENTS)
    readable = await work.find_readable_keys("Document", [key for _, key in items])
    query = sa.select(Document).where(
        Document.id.in_(readable), Document.company_id == seller, Document.purpose == DocumentPurpose.AGREEMENT
    )
    rows = {row.id: row for row in (await work.session.scalars(query.with_for_update(key_share=True))).all()}
    return [rows[key] for key in pick(fields, "document_ids", items, rows)]


async def store_documents(session: AsyncSession, offer: Offer, documents: Sequence[Document]) -> None:
    """Give an offer these documents. A joined PDF that a buyer may have read is kept as it was."""
    keys = [document.id for document in documents]
    if keys == offer.document_ids:
        return
    offer.document_ids = keys
    former = await session.scalar(sa.select(OfferDocument).where(OfferDocument.current_of_id == offer.id))
    if former is not None and offer.published_at is None and offer.status == OfferStatus.DRAFT:
        await session.delete(former)
    elif former is not None:
        former.current_of_id = None
    await session.flush()
    if not documents:
        return
    joined = await asyncio.to_thread(join_documents, [document.content for document in documents])
    digest = sha256(joined.content).hexdigest()
    facts = {"sha256": digest, "pages": joined.pages, "bytes": len(joined.content), "content": joined.content}
    session.add(OfferDocument(offer_id=offer.id, current_of_id=offer.id, **facts))
    await session.flush()
