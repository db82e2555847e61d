"""How private offers get their data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from resolvers.common import everything, listed, named_by
from resolvers.money import Money, money
from resolvers.record import Record

if TYPE_CHECKING:
    from resolvers.context import Context


async def buyers(offers: Sequence[Record], context: Context) -> list[list[Record]]:
    """The buyers of each offer, of which a buyer finds only itself (V19)."""
    links = await context.loaders.lists("OfferBuyer", [offer.id for offer in offers], by="offer_id", order="company_id")
    keys = [link.company_id for linked in links for link in linked]
    found = dict(zip(keys, await context.loaders.rows("Company", keys), strict=True))
    return [[company for link in linked if (company := found[link.company_id])] for linked in links]


async def total_value(offers: Sequence[Record], _context: Context) -> list[Money | None]:
    """What each offer comes to (A23)."""
    return [money(offer.total_value, offer.currency) for offer in offers]


async def price(dimensions: Sequence[Record], _context: Context) -> list[Money | None]:
    """The price of each dimension."""
    return [money(dimension.price, dimension.currency) for dimension in dimensions]


async def amount(instalments: Sequence[Record], _context: Context) -> list[Money | None]:
    """What is paid with each instalment."""
    return [money(instalment.amount, instalment.currency) for instalment in instalments]


offers: Final = everything("Offer")
product: Final = named_by("Product", "product_id")
seller: Final = named_by("Company", "company_id")
dimensions: Final = listed("OfferDimension", "offer_id", order="position")
instalments: Final = listed("Instalment", "offer_id", order="charge_date")
