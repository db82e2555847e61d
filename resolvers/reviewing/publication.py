"""Publication: what a product shows from now on, and who can see it (V28, V29, V60)."""

from __future__ import annotations

from collections.abc import Set
from datetime import UTC, datetime, time, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from models import Agreement, ChangeRequest, Offer, Product, ProductRevision
from models.agreement import AgreementStatus
from models.base import now
from models.offer import ACCEPTABLE
from models.product import LISTING, VISIBILITY, ProductVisibility
from models.product_revision import REPLACEABLE, RevisionStatus
from models.slugs import PRODUCT_SLUGS
from resolvers.writing.slugs import SlugTaken, follow_name, is_taken, lock_slugs, slug_of, take

STEPS: Final = {  # of VISIBILITY, by the visibility that they lead to
    ProductVisibility.PUBLIC: "publish",
    ProductVisibility.LIMITED: "limit",
    ProductVisibility.RESTRICTED: "restrict",
}
DAY: Final = timedelta(days=1)


async def publish(session: AsyncSession, product: Product, revision: ProductRevision) -> None:
    """Publish an APPROVED revision in place of others, with its visibility (V28). Raises SlugTaken and IllegalStep."""
    await supersede(session, product, REPLACEABLE, revision)
    revision.take_step("publish")
    revision.published_at, revision.draft_of_id = now(), None
    await _set_slug(session, product, revision)
    show(product, revision)
    product.published_at = product.published_at or revision.published_at
    await change_visibility(session, product, revision.visibility)
    await stop_waiting(session, revision)


async def supersede(
    session: AsyncSession, product: Product, statuses: Set[RevisionStatus], by: ProductRevision | None = None
) -> None:
    """Supersede the other revisions of the product in these statuses. A product has at most one APPROVED and one PUBLISHED."""
    others = [ProductRevision.product_id == product.id, ProductRevision.status.in_(statuses)]
    if by is not None:
        others.append(ProductRevision.id != by.id)
    for other in (await session.scalars(sa.select(ProductRevision).where(*others))).all():
        other.take_step("supersede")
        other.draft_of_id = None
        await stop_waiting(session, other)
    await session.flush()


async def stop_waiting(session: AsyncSession, revision: ProductRevision) -> list[ChangeRequest]:
    """Let the request of a revision no longer wait for its publication, and return those that did."""
    waiting = sa.select(ChangeRequest).where(ChangeRequest.revision_id == revision.id, ChangeRequest.publish_by.is_not(None))
    requests = list(await session.scalars(waiting))
    for request in requests:
        request.publish_by = None
    return requests


def show(product: Product, revision: ProductRevision) -> None:
    """Let a product show what a revision says. Until its first publication it has the slug that it would get (V29)."""
    for name in LISTING:
        setattr(product, name, getattr(revision, name))
    if product.published_at is None and product.slug is None:
        product.slug = slug_of(product.title)


async def _set_slug(session: AsyncSession, product: Product, revision: ProductRevision) -> None:
    """Give the product the slug of the revision, or one made from its title (A38). Former slugs still find it. Raises SlugTaken."""
    if revision.slug is None:
        await follow_name(session, PRODUCT_SLUGS, product, revision.title, product.title if product.published_at else None)
        return
    await lock_slugs(session, PRODUCT_SLUGS)
    if await is_taken(session, PRODUCT_SLUGS, revision.slug, product.id):
        raise SlugTaken(revision.slug)
    await take(session, PRODUCT_SLUGS, product, revision.slug, is_new=product.published_at is None)


async def change_visibility(session: AsyncSession, product: Product, visibility: ProductVisibility) -> None:
    """Change who can see a product. RESTRICTED ends it, at once if nothing keeps it (R263, V60). Raises IllegalStep."""
    if visibility == product.visibility:
        return
    if visibility == ProductVisibility.RESTRICTED:
        VISIBILITY.next_state("restrict", product.visibility)
        await supersede(session, product, {RevisionStatus.APPROVED})  # it can't be published any more
        product.removal_at = await removal_time(session, product)
        if product.removal_at <= now():
            product.take_step("remove")
            return
    product.take_step(STEPS[visibility])


async def removal_time(session: AsyncSession, product: Product) -> datetime:
    """Return from when neither an offer nor an agreement keeps a product: midnight after its last day, in UTC, or now (A30, V38)."""
    open_until = sa.select(sa.func.max(Offer.expires_on)).where(Offer.product_id == product.id, Offer.status.in_(ACCEPTABLE))
    active_until = sa.select(sa.func.max(Agreement.ends_on)).where(
        Agreement.product_id == product.id, Agreement.status == AgreementStatus.ACTIVE
    )
    last = [day for day in (await session.scalar(open_until), await session.scalar(active_until)) if day is not None]
    return max([now(), *(datetime.combine(day + DAY, time(), UTC) for day in last)])
