"""Documents: certificates of registration that companies submit, and documents of private offers (R238, R409, R410).

They are stored after their content was checked. An upload belongs to its user, or to the company that it was made for, until
something uses it (V64).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from described_enum import DescribedEnum
from models.base import Base, UploadedFile, enum_column, now, private
from models.concept import Concept, Link

MEDIA_TYPES: Final = ("application/pdf", "image/png", "image/jpeg")  # V46
MAX_BYTES: Final = 10 * 1024 * 1024


class DocumentPurpose(DescribedEnum):  # V71
    """What a document is for."""

    CERTIFICATE = "CERTIFICATE", "A certificate of a company's registration."
    AGREEMENT = "AGREEMENT", "A part of the agreement that comes with an offer."


class Document(UploadedFile, Base):
    """A document of a company, or of the user who uploaded it. `certified_id` is the company whose certificate it is, if any."""

    __tablename__ = "document"

    certified_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("company.id"))
    purpose: Mapped[DocumentPurpose] = mapped_column(
        enum_column(DocumentPurpose), default=DocumentPurpose.CERTIFICATE, server_default=DocumentPurpose.CERTIFICATE
    )
    media_type: Mapped[str]
    bytes: Mapped[int]
    content: Mapped[Any] = mapped_column(sa.LargeBinary(), info=private(read=False, log=False))
    uploaded_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        sa.UniqueConstraint("certified_id"),
        sa.CheckConstraint("(company_id IS NULL) <> (user_id IS NULL)", name="one_owner"),
        sa.CheckConstraint("certified_id = company_id", name="own_certificate"),
        sa.CheckConstraint("certified_id IS NULL OR purpose = 'CERTIFICATE'", name="certifies"),
        sa.CheckConstraint(f"media_type IN {MEDIA_TYPES}", name="media_type"),
        sa.CheckConstraint("octet_length(content) = bytes", name="size"),
        sa.Index("document_company_id_page", "company_id", "id"),
        sa.Index("document_user_id_page", "user_id", "id"),
        sa.Index("document_unused", "uploaded_at", postgresql_where=sa.text("certified_id IS NULL")),
    )


CONCEPTS: Final = (
    Concept(
        "Document",
        Document,
        tag=b"do",
        is_node=False,
        links=(Link("certified", "company", local="certified_id", remote="id"),),
    ),
)
