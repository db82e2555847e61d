"""The document of an offer: all documents that its seller uploaded, joined into one PDF (R238-R240, V39).

A row never changes. When the seller changes the documents of an offer, it gets a new one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Identified, now, private
from models.concept import Concept, Link

MAX_DOCUMENTS: Final = 10  # of an offer (V39)


class OfferDocument(Identified, Base):
    """The joined PDF of an offer. `current_of_id` is the offer, if this is its current document. `sha256` is of the content."""

    __tablename__ = "offer_document"

    offer_id: Mapped[UUID] = mapped_column(sa.ForeignKey("offer.id", ondelete="CASCADE"), index=True)
    current_of_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("offer.id", ondelete="CASCADE"), unique=True)
    sha256: Mapped[str]
    pages: Mapped[int]
    bytes: Mapped[int]
    content: Mapped[Any] = mapped_column(sa.LargeBinary(), info=private(read=False, log=False))
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        sa.CheckConstraint("current_of_id = offer_id", name="own_document"),
        sa.CheckConstraint("octet_length(content) = bytes", name="size"),
    )


CONCEPTS: Final = (
    Concept(
        "OfferDocument",
        OfferDocument,
        tag=b"ot",
        is_node=False,
        part_of="Offer",
        links=(Link("offers", "offer", "offer_id", "id"),),
    ),
)
