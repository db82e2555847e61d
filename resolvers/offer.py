"""Resolvers of private offers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from models.base import now
from models.offer import LIFECYCLE, OfferStatus
from resolvers.reading import lifecycles
from resolvers.reading.batching import Computed, reads_columns
from resolvers.reading.field_sources import ChildConnection, ManyToMany, RootConnection, ToMany, ToManyByArray, ToOne
from resolvers.reading.records import Record
from resolvers.values.identifiers import Identifier
from resolvers.values.money import money

if TYPE_CHECKING:
    from resolvers.context import Context


@reads_columns("id")
async def url(offers: Sequence[Record], context: Context) -> list[str]:
    """Return the URL of each offer's page, which the seller sends to the buyers (R246)."""
    return [f"{context.services.site_url}/marketplace/offers/{Identifier('Offer', row.id)}" for row in offers]


def build_is_final(status: OfferStatus, expires_at: datetime | None) -> bool:
    """Return True if no step is possible any more. Until it expires, other buyers can accept an ACCEPTED offer (V36)."""
    if status == OfferStatus.ACCEPTED:
        return expires_at is None or expires_at <= now()
    return not LIFECYCLE.steps_from(LIFECYCLE.standing(status, expires_at, now()))


offers: Final = RootConnection("Offer")
status: Final = lifecycles.status(LIFECYCLE)
waits_for: Final = lifecycles.waits_for(LIFECYCLE)
is_final: Final = Computed(build_is_final, ("status", "expires_at"))
service_agreement: Final = ToOne("OfferDocument", "id", by="current_of_id")
documents: Final = ToManyByArray("Document", "document_ids", by="id")
agreements: Final = ChildConnection("Agreement", "offer.agreements")
product: Final = ToOne("Product", "product_id")
seller: Final = ToOne("Company", "company_id")
buyers: Final = ManyToMany("OfferBuyer", by="offer_id", column="company_id", entity="Company")
dimensions: Final = ToMany("OfferDimension", by="offer_id", order="position")
instalments: Final = ToMany("Instalment", by="offer_id", order="charge_date")
total_value: Final = Computed(money, ("total_value", "currency"))  # A23
price: Final = Computed(money, ("price", "currency"))
amount: Final = Computed(money, ("amount", "currency"))
