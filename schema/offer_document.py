"""The documents of offers."""

from __future__ import annotations

import strawberry

from resolvers import offer_document
from schema.building.fields import column, resolved
from schema.building.scalars import URL


@strawberry.type(
    description="The document of an offer: all documents of the seller, joined into one PDF with a bookmark for each."
)
class OfferDocument:
    url: URL | None = resolved(
        offer_document.url, "The URL of the PDF. Only viewers who can see the offer's prices can download it."
    )
    pages: int | None = column("The number of pages.")
    bytes: int | None = column("The size in bytes.")
