"""Images: uploaded pictures such as the logo of a marketplace profile, stored after decoding (A2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Owned, enum_column, now, private
from models.concept import Concept, Link

KEPT_UNUSED: Final = timedelta(days=1)  # uploads of any kind that nothing uses (V64)


class MediaType(StrEnum):  # R008
    """The file format of an image."""

    PNG = "image/png"
    JPEG = "image/jpeg"


class Image(Owned, Base):
    """An image that belongs to a company. Sizes are in pixels; 200 x 200 is recommended (R007)."""

    __tablename__ = "image"

    media_type: Mapped[MediaType] = mapped_column(enum_column(MediaType))
    width: Mapped[int]
    height: Mapped[int]
    content: Mapped[bytes] = mapped_column(sa.LargeBinary(), info=private(read=False, log=False))
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        sa.CheckConstraint("width BETWEEN 1 AND 4096 AND height BETWEEN 1 AND 4096", name="size"),
        sa.Index("image_company_id_page", "company_id", "id"),
    )


CONCEPTS: Final = (
    Concept("Image", Image, tag=b"im", is_node=False, links=(Link("profiles", "marketplace_profile", "id", "logo_id"),)),
)
