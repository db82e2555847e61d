"""Locks of reviews. A product is locked before its revisions and requests, so that two decisions never wait for each other."""

from __future__ import annotations

from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from models import ChangeRequest, Product, ProductRevision
from models.change_request import ChangeRequestStatus
from resolvers.writing.input_reader import InputReader
from resolvers.writing.unit_of_work import UnitOfWork

RowT = TypeVar("RowT", Product, ProductRevision)


async def lock_request(work: UnitOfWork, fields: InputReader, name: str, action: str) -> tuple[Product, ChangeRequest]:
    """Lock a change request after its product, if the viewer can take the action. Raises MutationRejected."""
    return await lock_after_product(work, fields, name, "ChangeRequest", action)


async def lock_after_product(work: UnitOfWork, fields: InputReader, name: str, entity: str, action: str) -> tuple[Product, Any]:
    """Lock a row that belongs to a product after the product, if the viewer can take the action on it. Raises MutationRejected."""
    key = fields.key(name, entity)
    work.errors.raise_if_any()
    found = await work.find_readable(entity, work.context.policy.catalogue[entity].table.c.id == key, action=action)
    product = None if found is None else await lock_product(work.session, found.product_id)
    row = await work.lock_by_key(fields, name, entity, key, action)
    work.errors.raise_if_any()
    assert product is not None  # noqa: S101  # without it the row isn't allowed
    return product, row


async def lock_product(session: AsyncSession, key: UUID) -> Product:
    """Lock a product."""
    return (await session.scalars(_select(Product).where(Product.id == key))).one()


async def lock_revision(session: AsyncSession, request: ChangeRequest) -> ProductRevision | None:
    """Lock the revision that a request is about, if it's about one. The product must be locked."""
    if request.revision_id is None:
        return None
    return (await session.scalars(_select(ProductRevision).where(ProductRevision.id == request.revision_id))).one()


async def newest_revision(session: AsyncSession, product: Product) -> ProductRevision:
    """Lock the newest revision of a product that is locked."""
    newest = _select(ProductRevision).where(ProductRevision.product_id == product.id).order_by(ProductRevision.number.desc())
    return (await session.scalars(newest.limit(1))).one()


async def request_under_review(session: AsyncSession, product: Product) -> ChangeRequest | None:
    """Return the request of a product that is under review, if there is one."""
    under_review = ChangeRequest.status == ChangeRequestStatus.UNDER_REVIEW
    return (await session.scalars(sa.select(ChangeRequest).where(ChangeRequest.product_id == product.id, under_review))).first()


def _select(model: type[RowT]) -> sa.Select[RowT]:
    """Select rows as they are now, locked. Other tables can still reference them."""
    return sa.select(model).with_for_update(key_share=True).execution_options(populate_existing=True)
