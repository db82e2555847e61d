"""Resolvers of private offers."""

from __future__ import annotations

from typing import Final

from resolvers.reading.batching import Computed
from resolvers.reading.field_sources import ManyToMany, RootConnection, ToMany, ToOne
from resolvers.values.money import money

offers: Final = RootConnection("Offer")
product: Final = ToOne("Product", "product_id")
seller: Final = ToOne("Company", "company_id")
buyers: Final = ManyToMany("OfferBuyer", by="offer_id", column="company_id", entity="Company")
dimensions: Final = ToMany("OfferDimension", by="offer_id", order="position")
instalments: Final = ToMany("Instalment", by="offer_id", order="charge_date")
total_value: Final = Computed(money, ("total_value", "currency"))  # A23
price: Final = Computed(money, ("price", "currency"))
amount: Final = Computed(money, ("amount", "currency"))
