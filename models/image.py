"""Images: uploaded pictures, stored after decoding: logos of Marketplace profiles (A2) and photos of users (R407).

A photo belongs to its user, and every other image to a company. Nobody else sees an image before something uses it (V64).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from described_enum import DescribedEnum
from models.base import Base, UploadedFile, enum_column, now, private
from models.concept import Concept, Link

KEPT_UNUSED: Final = timedelta(days=1)  # uploads of any kind that nothing uses (V64)


class MediaType(DescribedEnum):  # R008
    """The file format of an image."""

    PNG = "image/png", "Portable Network Graphics."
    JPEG = "image/jpeg", "A photo."


class ImageSize(DescribedEnum):
    """A size in which an image is served, as WebP. Smaller images keep their size."""

    SMALL = "SMALL", "At most 64 pixels on the longer side, for lists."
    MEDIUM = "MEDIUM", "At most 200 pixels on the longer side."
    LARGE = "LARGE", "At most 400 pixels on the longer side, for screens with many pixels."


SIDES: Final = {ImageSize.SMALL: 64, ImageSize.MEDIUM: 200, ImageSize.LARGE: 400}  # pixels


class Image(UploadedFile, Base):
    """An image of a company, or of the user who uploaded it. `photo_of_id` is the user whose photo it is, if any.

    Before there is a user, `sign_up_id` is the email token that it was uploaded with.

    Sizes are in pixels; 200 x 200 is recommended (R007).
    """

    __tablename__ = "image"

    photo_of_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("app_user.id"), unique=True)
    sign_up_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("email_token.id", ondelete="CASCADE"), unique=True)
    media_type: Mapped[MediaType] = mapped_column(enum_column(MediaType))
    width: Mapped[int]
    height: Mapped[int]
    content: Mapped[bytes] = mapped_column(sa.LargeBinary(), info=private(read=False, log=False))
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        sa.CheckConstraint("num_nonnulls(company_id, user_id, sign_up_id) = 1", name="one_owner"),
        sa.CheckConstraint("photo_of_id = user_id", name="own_photo"),
        sa.CheckConstraint("width BETWEEN 1 AND 4096 AND height BETWEEN 1 AND 4096", name="size"),
        sa.Index("image_company_id_page", "company_id", "id"),
        sa.Index("image_user_id_page", "user_id", "id"),
    )


class ImageRendition(Base):
    """An image in another size, made when it's first requested. `side` is the limit of its longer side, in pixels."""

    __tablename__ = "image_rendition"

    image_id: Mapped[UUID] = mapped_column(sa.ForeignKey("image.id", ondelete="CASCADE"), primary_key=True)
    side: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(sa.LargeBinary(), info=private(read=False, log=False))


CONCEPTS: Final = (
    Concept(
        "Image",
        Image,
        tag=b"im",
        is_node=False,
        links=(
            Link("profiles", "marketplace_profile", "id", "logo_id"),
            Link("products", "product", "id", "logo_id"),
            Link("portal_appearances", "portal_appearance", "id", "logo_id"),
            Link("dealings", "dealing", "id", "product_logo_id"),
            Link("test_accounts", "product_test_account", "id", "product_logo_id"),
            Link("memberships", "membership", "photo_of_id", "user_id"),
            Link("api_keys", "api_key", "photo_of_id", "user_id"),
        ),
    ),
)
