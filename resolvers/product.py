"""Resolvers of products."""

from __future__ import annotations

from typing import Final

from resolvers.reading.field_sources import ChildConnection, RootConnection, ToOne

products: Final = RootConnection("Product")
company: Final = ToOne("Company", "company_id")
offers: Final = ChildConnection("Offer", "product.offers")
