"""Resolvers of agreements."""

from __future__ import annotations

from typing import Final

from models.agreement import LIFECYCLE
from resolvers.reading import lifecycles
from resolvers.reading.batching import Computed
from resolvers.reading.field_sources import RootConnection, ToMany, ToManyByArray, ToOne
from resolvers.values.money import money

agreements: Final = RootConnection("Agreement")
offer: Final = ToOne("Offer", "offer_id")
product: Final = ToOne("Product", "product_id")
buyer: Final = ToOne("Company", "company_id")
seller: Final = ToOne("Company", "seller_id")
status: Final = lifecycles.status(LIFECYCLE)
waits_for: Final = lifecycles.waits_for(LIFECYCLE)
is_final: Final = lifecycles.is_final(LIFECYCLE)
dimensions: Final = ToManyByArray("OfferDimension", "dimension_ids", by="id")
instalments: Final = ToMany("Instalment", by="offer_id", order="charge_date", key="offer_id")
total_value: Final = Computed(money, ("total_value", "currency"))
accepted_by: Final = ToOne("User", "accepted_by")
ended_at: Final = lifecycles.end_time(LIFECYCLE, "ended_at")
