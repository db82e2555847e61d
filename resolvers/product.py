"""How products get their data."""

from __future__ import annotations

from typing import Final

from resolvers.common import below, everything, named_by

products: Final = everything("Product")
company: Final = named_by("Company", "company_id")
offers: Final = below("Offer", "product.offers")
