"""How private offers get their data."""

from __future__ import annotations

from typing import Final

from resolvers.reading.batching import Made
from resolvers.reading.field_sources import Everything, Listed, NamedBy, Through
from resolvers.values.money import money

offers: Final = Everything("Offer")
product: Final = NamedBy("Product", "product_id")
seller: Final = NamedBy("Company", "company_id")
buyers: Final = Through("OfferBuyer", by="offer_id", column="company_id", entity="Company")
dimensions: Final = Listed("OfferDimension", by="offer_id", order="position")
instalments: Final = Listed("Instalment", by="offer_id", order="charge_date")
total_value: Final = Made(money, ("total_value", "currency"))  # A23
price: Final = Made(money, ("price", "currency"))
amount: Final = Made(money, ("amount", "currency"))
