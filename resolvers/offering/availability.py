"""Which products can be offered, and how long a deleted one stays with those who were offered it (A24, R263, V38)."""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from models import Product
from models.product import ON_SALE, ProductVisibility
from resolvers.reviewing.publication import removal_time
from resolvers.writing.input_reader import InputReader
from resolvers.writing.user_errors import ErrorCode

UNAVAILABLE: Final = "The product isn't available. Offer one that is published, and LIMITED or PUBLIC."


def check_available(fields: InputReader, product: Product | None, name: str) -> None:
    """Add an error if no offer can be made for the product (R226, A24, V6)."""
    if product is not None and (product.published_at is None or product.visibility not in ON_SALE):
        fields.add_error(ErrorCode.PRODUCT_NOT_AVAILABLE, UNAVAILABLE, name)


async def update_removal(session: AsyncSession, product: Product) -> None:
    """Let a deleted product stay as long as an offer or an agreement keeps it now (R263, A30). The product must be locked."""
    if product.visibility == ProductVisibility.RESTRICTED:
        await session.flush()
        product.removal_at = await removal_time(session, product)
