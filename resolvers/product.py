"""How products get their data."""

from __future__ import annotations

from typing import Final

from resolvers.reading.field_sources import Below, Everything, NamedBy

products: Final = Everything("Product")
company: Final = NamedBy("Company", "company_id")
offers: Final = Below("Offer", "product.offers")
