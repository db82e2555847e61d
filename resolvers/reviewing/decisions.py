"""Decisions about change requests, by the machine or by a reviewer: what is in force afterwards, and who is notified (V26-V28).

The caller has locked the product and then the request.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from models import ChangeRequest, Product, ProductDimension, ProductRevision, ProductTestAccount
from models.base import now
from models.change_request import ChangeRequestKind
from models.notification import NotificationKind
from models.product import ON_SALE, ProductVisibility
from models.product_revision import TIME_TO_PUBLISH, RevisionStatus
from resolvers.change_request import Problem
from resolvers.notifying import message_templates
from resolvers.notifying.reviews import notify_publisher
from resolvers.product import url_of
from resolvers.reviewing.controls import SLUG_TAKEN, check
from resolvers.reviewing.locking import lock_revision
from resolvers.reviewing.publication import change_visibility, publish, supersede
from resolvers.writing.slugs import SlugTaken


async def approve(
    session: AsyncSession,
    product: Product,
    request: ChangeRequest,
    site_url: str,
    *,
    decided_by: UUID | None = None,
    checks: Sequence[str] = (),
) -> None:
    """Approve a request and put it in force, unless what the machine checks has ceased to hold: then it fails. Raises IllegalStep."""
    type(request).LIFECYCLE.next_state("approve", request.status)
    problems = [problem for control in await check(session, request) for problem in control.problems]
    if problems:
        await fail(session, request, problems, site_url, decided_by=decided_by)
        return
    try:
        async with session.begin_nested():
            request.take_step("approve")
            request.decided_at, request.decided_by, request.checks = now(), decided_by, list(checks)
            await _put_in_force(session, product, request, site_url)
    except SlugTaken:
        await session.refresh(request)
        await fail(session, request, [SLUG_TAKEN], site_url, decided_by=decided_by)


async def fail(
    session: AsyncSession,
    request: ChangeRequest,
    problems: Sequence[Problem],
    site_url: str,
    *,
    decided_by: UUID | None = None,
) -> None:
    """Let a request fail with its problems. Its revision is REJECTED, and can be revised (R217, R257, A34). Raises IllegalStep."""
    request.take_step("reject")
    request.problems = [asdict(problem) for problem in problems]
    request.decided_at, request.decided_by = now(), decided_by
    revision = await lock_revision(session, request)
    if revision is not None:
        revision.take_step("reject")
    message = message_templates.listing_rejected(request.title, [problem.message for problem in problems], site_url)
    await notify_publisher(session, NotificationKind.LISTING_REJECTED, request, message)


async def _put_in_force(session: AsyncSession, product: Product, request: ChangeRequest, site_url: str) -> None:
    """Do what an approved request asks for, and notify its publisher. Raises SlugTaken."""
    revision = await lock_revision(session, request)
    if revision is not None:
        await _approve_revision(session, product, request, revision, site_url)
        return
    if request.kind == ChangeRequestKind.ADD_DIMENSIONS:
        owner = {"company_id": product.company_id, "product_id": product.id}
        session.add_all(ProductDimension(**owner, **dimension) for dimension in request.dimensions or ())
    elif request.visibility is not None:
        await change_visibility(session, product, ProductVisibility(request.visibility))
        await _set_test_accounts(session, product, request)
    await session.flush()
    removed = product.visibility == ProductVisibility.REMOVED
    kind = NotificationKind.PRODUCT_REMOVED if removed else NotificationKind.LISTING_APPROVED
    changed = message_templates.change_approved(product.title, url_of(site_url, product.slug))
    gone = message_templates.product_removed(product.title, site_url)
    await notify_publisher(session, kind, request, gone if removed else changed)


async def _approve_revision(
    session: AsyncSession, product: Product, request: ChangeRequest, revision: ProductRevision, site_url: str
) -> None:
    """Approve a revision. It's published at once if it's LIMITED or if its seller asked for that (R317, V28). Raises SlugTaken."""
    await supersede(session, product, {RevisionStatus.APPROVED}, revision)
    revision.take_step("approve")
    revision.approved_at = now()
    revision.publish_by = revision.approved_at + TIME_TO_PUBLISH
    await session.flush()
    if revision.auto_publish or revision.visibility == ProductVisibility.LIMITED:
        await publish(session, product, revision)
        message = message_templates.listing_approved_and_published(product.title, url_of(site_url, product.slug))
        await notify_publisher(session, NotificationKind.LISTING_PUBLISHED, request, message)
        return
    request.publish_by = revision.publish_by
    message = message_templates.listing_approved(revision.title, revision.publish_by, site_url)
    await notify_publisher(session, NotificationKind.LISTING_APPROVED, request, message)


async def _set_test_accounts(session: AsyncSession, product: Product, request: ChangeRequest) -> None:
    """Replace the test accounts of a product that is still on sale (R254)."""
    if product.visibility not in ON_SALE:
        return
    await session.execute(sa.delete(ProductTestAccount).where(ProductTestAccount.product_id == product.id))
    session.add_all(ProductTestAccount(product_id=product.id, company_id=key) for key in request.test_account_ids)
