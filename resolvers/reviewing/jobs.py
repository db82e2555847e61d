"""Scheduled jobs of reviews: the machine decides, approvals end after 60 days, and deleted products go (V26, R321, R263)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from models import ChangeRequest, Product, ProductRevision
from models.base import now
from models.change_request import ChangeRequestStatus, ReviewedBy
from models.notification import NotificationKind
from models.product import VISIBILITY
from models.product_revision import REVISION
from resolvers.notifying import message_templates
from resolvers.notifying.reviews import notify_publisher, notify_seller
from resolvers.reviewing.decisions import approve
from resolvers.reviewing.publication import stop_waiting
from resolvers.writing.due_rows import DueStep, take_due_steps

DECIDE: Final = "decideChangeRequests"  # their actions in the audit log, where they have no actor
REJECT: Final = "rejectUnpublishedRevisions"
REMOVE: Final = "removeProducts"

Step = Callable[[AsyncSession, Product, str], Awaitable[None]]


async def decide_requests(engine: AsyncEngine, site_url: str) -> None:
    """Decide the requests that the machine reviews, oldest first (R216, R248, V26)."""
    waiting = sa.select(ChangeRequest.product_id).where(*BY_MACHINE).order_by(ChangeRequest.submitted_at)
    await take_due_steps(engine, waiting, DECIDE, _of_product(_decide, site_url))


async def reject_unpublished(engine: AsyncEngine, site_url: str) -> None:
    """Reject the approved revisions that weren't published in time (R321, A33)."""
    late = (
        sa.select(ProductRevision.product_id)
        .where(REVISION.due(ProductRevision.__table__.c, now()))
        .order_by(ProductRevision.publish_by)
    )
    await take_due_steps(engine, late, REJECT, _of_product(_reject, site_url))


async def remove_products(engine: AsyncEngine, site_url: str) -> None:
    """Remove the deleted products that nothing keeps any more (R263, A31, V38)."""
    due = sa.select(Product.id).where(VISIBILITY.due(Product.__table__.c, now()))
    await take_due_steps(engine, due.order_by(Product.id), REMOVE, _of_product(_remove, site_url))


BY_MACHINE: Final = (ChangeRequest.status == ChangeRequestStatus.UNDER_REVIEW, ChangeRequest.reviewed_by == ReviewedBy.MACHINE)


def _of_product(step: Step, site_url: str) -> DueStep:
    """Return a step that locks its product first. It's left for the next run if someone is working on the product right now."""

    async def take(session: AsyncSession, key: UUID) -> None:
        query = sa.select(Product).where(Product.id == key).with_for_update(skip_locked=True, key_share=True)
        product = (await session.scalars(query)).one_or_none()
        if product is not None:
            await step(session, product, site_url)

    return take


async def _decide(session: AsyncSession, product: Product, site_url: str) -> None:
    """Decide the product's request if it still waits for the machine."""
    query = sa.select(ChangeRequest).where(ChangeRequest.product_id == product.id, *BY_MACHINE).with_for_update(key_share=True)
    request = (await session.scalars(query)).one_or_none()
    if request is not None:
        await approve(session, product, request, site_url)


async def _reject(session: AsyncSession, product: Product, site_url: str) -> None:
    """Reject the product's approved revision if it's still due."""
    query = sa.select(ProductRevision).where(
        ProductRevision.product_id == product.id, REVISION.due(ProductRevision.__table__.c, now())
    )
    revision = (await session.scalars(query.with_for_update(key_share=True))).one_or_none()
    if revision is None:
        return
    revision.take_step("lapse")
    message = message_templates.listing_lapsed(revision.title, site_url)
    for request in await stop_waiting(session, revision):
        await notify_publisher(session, NotificationKind.LISTING_REJECTED, request, message)


async def _remove(session: AsyncSession, product: Product, site_url: str) -> None:
    """Remove the product if it's still due."""
    if product.standing(now()) == product.visibility:
        return
    product.take_step("lapse")
    message = message_templates.product_removed(product.title, site_url)
    await notify_seller(session, NotificationKind.PRODUCT_REMOVED, product, message)
