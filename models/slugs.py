"""Slugs: the tables of each type with a page of its own (R014, A3, A38)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from models.marketplace_profile import MarketplaceProfile, ProfileSlug
from models.product import Product, ProductSlug


@dataclass(frozen=True, slots=True)
class Slugs:
    """The slugs of one type: the current ones of rows that `has_url`, and the former ones."""

    current: Any
    former: Any
    owner: Any  # the column of a former slug's owner
    has_url: sa.ColumnElement[bool]
    default: str  # for a name without letters or digits that can be written in ASCII


PROFILE_SLUGS: Final = Slugs(MarketplaceProfile, ProfileSlug, ProfileSlug.profile_id, sa.true(), "profile")
PRODUCT_SLUGS: Final = Slugs(Product, ProductSlug, ProductSlug.product_id, Product.published_at.is_not(None), "product")
