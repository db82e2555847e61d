"""Locks of offers and agreements. The product is locked first: how long a deleted one stays depends on them."""

from __future__ import annotations

from models import Agreement, Offer, Product
from resolvers.reviewing.locking import lock_after_product
from resolvers.writing.input_reader import InputReader
from resolvers.writing.unit_of_work import UnitOfWork


async def lock_offer(work: UnitOfWork, fields: InputReader, action: str) -> tuple[Product, Offer]:
    """Lock the offer whose id is in the input, if the viewer can take the action. Raises MutationRejected."""
    return await lock_after_product(work, fields, "id", "Offer", action)


async def lock_agreement(work: UnitOfWork, fields: InputReader, action: str) -> tuple[Product, Agreement]:
    """Lock the agreement whose id is in the input, if the viewer can take the action. Raises MutationRejected."""
    return await lock_after_product(work, fields, "id", "Agreement", action)
