"""Portal appearance: the name, the logo and the style of a company's portal, which the accounts that it manages see too.

A value that is None is the portal kit's own.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from described_enum import DescribedEnum
from models.base import Base, Versioned, enum_column
from models.concept import Concept

MAX_NAME_LENGTH: Final = 60  # characters
MAX_FONT_LENGTH: Final = 200  # characters
MAX_RADIUS: Final = 24  # pixels
MIN_CONTRAST: Final = 4.5  # to 1, between text and what is behind it (WCAG 2.2, 1.4.3, level AA)
LOCALES: Final = ("en", "de", "fr", "it", "es", "ar")
PAIRS: Final = (("accent_text_color", "accent_color"), ("text_color", "background_color"))  # text, and what is behind it
COLORS: Final = tuple(color for pair in PAIRS for color in pair)


class ColorScheme(DescribedEnum):
    """Whether a portal is light or dark."""

    LIGHT = "LIGHT", "Always light."
    DARK = "DARK", "Always dark."
    AUTO = "AUTO", "As the person's device is set."


class Density(DescribedEnum):
    """How much space a portal leaves between its elements."""

    COMFORTABLE = "COMFORTABLE", "More space, for touch."
    COMPACT = "COMPACT", "Less space, for long lists."


class PortalAppearance(Versioned, Base):
    """How a company's portal appears. Colours are stored as `#rrggbb`, in lower case."""

    __tablename__ = "portal_appearance"
    OWNER = "company_id"

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), primary_key=True)
    product_name: Mapped[str | None]
    logo_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("image.id"), index=True)
    color_scheme: Mapped[ColorScheme] = mapped_column(enum_column(ColorScheme), default=ColorScheme.AUTO)
    accent_color: Mapped[str | None]
    accent_text_color: Mapped[str | None]
    background_color: Mapped[str | None]
    text_color: Mapped[str | None]
    font_family: Mapped[str | None]
    border_radius: Mapped[int | None]
    density: Mapped[Density] = mapped_column(enum_column(Density), default=Density.COMFORTABLE)
    locale: Mapped[str | None]

    __table_args__ = (
        *(sa.CheckConstraint(f"{color} ~ '^#[0-9a-f]{{6}}$'", name=color) for color in COLORS),
        *(sa.CheckConstraint(f"({text} IS NULL) = ({behind} IS NULL)", name=f"{text}_pair") for text, behind in PAIRS),
        sa.CheckConstraint(f"border_radius BETWEEN 0 AND {MAX_RADIUS}", name="border_radius"),
        sa.CheckConstraint(f"locale IN {LOCALES}", name="locale"),
    )


CONCEPTS: Final = (Concept("PortalAppearance", PortalAppearance),)
