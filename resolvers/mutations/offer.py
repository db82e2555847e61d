"""Mutations of private offers by their sellers and by the operator: drafts, publication, approval, changes and their end.

A draft refuses what is wrong when it's written. What is missing is refused when it's published (V61).
"""

from __future__ import annotations

from typing import Final

from models import Offer, Product
from models.base import now
from models.lifecycle import IllegalStep
from models.notification import NotificationKind
from models.offer import APPROVAL_NEEDED, CHANGEABLE, LIFECYCLE, OfferStatus
from resolvers.notifying import message_templates
from resolvers.notifying.offers import notify_of_submission, notify_seller
from resolvers.offering.availability import check_available, update_removal
from resolvers.offering.controls import AFTER_END, check_publishable, needs_approval
from resolvers.offering.locking import lock_offer
from resolvers.offering.terms import read_terms, store_terms
from resolvers.values.identifiers import Identifier
from resolvers.values.messages import worded
from resolvers.writing.input_reader import InputReader
from resolvers.writing.runner import ChangedIds
from resolvers.writing.unit_of_work import UnitOfWork, requires
from resolvers.writing.user_errors import ErrorCode

MAX_REASON_LENGTH: Final = 500  # characters
NOT_LATER: Final = "The offer expires on {expires_on}. Enter a later date."


@requires(Product="make_offer")
async def create_offer(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Create a private offer, a draft (R204, R226-R241, V34, V61)."""
    product = await work.lock_for_share(fields, "product_id", "Product", "make_offer")
    check_available(fields, product, "product_id")
    terms = await read_terms(work, fields, product and product.company_id, None)
    work.errors.raise_if_any()
    columns = {name: terms.columns[name] for name in ("name", "payment_model", "currency")}
    offer = Offer(company_id=product.company_id, product_id=product.id, **columns)
    await work.add(offer)
    await store_terms(work.session, offer, terms)
    return _changed(offer)


@requires(Offer="update")
async def update_offer(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Change an offer that is a draft, or published and not accepted (R245, V37)."""
    product, offer = await lock_offer(work, fields, "update")
    _require(offer, CHANGEABLE)
    terms = await read_terms(work, fields, offer.company_id, offer)
    if work.check_version(fields, offer) and terms:
        offer.version += 1
    if offer.status == OfferStatus.PUBLISHED:
        _check_not_shortened(fields, offer)
        check_available(fields, product, "id")
    work.errors.raise_if_any()
    before = (offer.total_value, offer.currency)
    await store_terms(work.session, offer, terms)
    if offer.status == OfferStatus.PUBLISHED:
        await check_publishable(work.session, fields, offer)
        work.errors.raise_if_any()
        if needs_approval(offer) and before != (offer.total_value, offer.currency):
            await _submit(work, offer)
        await update_removal(work.session, product)
    return _changed(offer)


def _check_not_shortened(fields: InputReader, offer: Offer) -> None:
    """Add an error if a published offer would expire earlier (R242)."""
    day = fields.value("expires_on")
    if day is not None and offer.expires_on is not None and day < offer.expires_on:
        fields.add_error(ErrorCode.INVALID_VALUE, worded(NOT_LATER, expires_on=offer.expires_on), "expires_on")


@requires(Offer="publish")
async def publish_offer(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Publish a draft. An offer of a high value waits for the operator's approval first (R223, R243, A23, V34)."""
    product, offer = await lock_offer(work, fields, "publish")
    LIFECYCLE.next_state("publish", offer.standing(now()))
    await _check(work, fields, product, offer)
    if needs_approval(offer):
        await _submit(work, offer)
    else:
        offer.take_step("publish")
        offer.published_at = now()
        offer.submitted_by = work.context.viewer.user_id
    return _changed(offer)


async def _submit(work: UnitOfWork, offer: Offer) -> None:
    """Let the offer wait for the operator's approval. Buyers don't see it until then (V37)."""
    offer.take_step("submit")
    offer.approval_reason = APPROVAL_NEEDED
    offer.submitted_at, offer.submitted_by = now(), work.context.viewer.user_id
    await notify_of_submission(work.session, offer, work.context.services.site_url)


@requires(Offer="approve")
async def approve_offer(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Approve and publish an offer, if nothing keeps it from being published by now (A23, V37)."""
    product, offer = await lock_offer(work, fields, "approve")
    LIFECYCLE.next_state("approve", offer.standing(now()))
    await _check(work, fields, product, offer)
    offer.take_step("approve")
    offer.published_at = now()
    message = message_templates.offer_approved(offer.name, work.context.services.site_url)
    await notify_seller(work.session, NotificationKind.OFFER_APPROVED, offer, message)
    return _changed(offer)


@requires(Offer="reject")
async def reject_offer(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Reject an offer that waits for the operator's approval, with a reason (A23)."""
    _, offer = await lock_offer(work, fields, "reject")
    LIFECYCLE.next_state("reject", offer.standing(now()))
    reason = fields.text("reason", MAX_REASON_LENGTH, lines=True)
    work.errors.raise_if_any()
    offer.take_step("reject")
    offer.rejection_reason = reason
    message = message_templates.offer_rejected(offer.name, str(reason), work.context.services.site_url)
    await notify_seller(work.session, NotificationKind.OFFER_REJECTED, offer, message)
    return _changed(offer)


@requires(Offer="extend")
async def extend_offer(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Give the buyers more time to accept (R242, A26, V5)."""
    product, offer = await lock_offer(work, fields, "extend")
    _require(offer, {OfferStatus.PUBLISHED})
    day = fields.value("expires_on")
    if day <= offer.expires_on:
        fields.add_error(ErrorCode.INVALID_VALUE, worded(NOT_LATER, expires_on=offer.expires_on), "expires_on")
    elif day > offer.contract_end_date:
        fields.add_error(ErrorCode.INVALID_VALUE, AFTER_END, "expires_on")
    work.errors.raise_if_any()
    offer.expires_on = day
    await update_removal(work.session, product)
    return _changed(offer)


@requires(Offer="withdraw")
async def withdraw_offer(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Withdraw a published offer that nobody has accepted (R245, V36)."""
    product, offer = await lock_offer(work, fields, "withdraw")
    LIFECYCLE.next_state("withdraw", offer.standing(now()))
    offer.take_step("withdraw")
    await update_removal(work.session, product)
    return _changed(offer)


async def _check(work: UnitOfWork, fields: InputReader, product: Product, offer: Offer) -> None:
    """Check everything that publication needs. Raises MutationRejected."""
    check_available(fields, product, "product_id")
    await check_publishable(work.session, fields, offer)
    work.errors.raise_if_any()


def _require(offer: Offer, statuses: frozenset[OfferStatus] | set[OfferStatus]) -> None:
    """Check that an offer is in one of these states now. Raises IllegalStep."""
    standing = offer.standing(now())
    if standing not in statuses:
        raise IllegalStep(standing, OfferStatus.PUBLISHED, LIFECYCLE.steps_from(standing))


def _changed(offer: Offer) -> ChangedIds:
    return {"offer": Identifier("Offer", offer.id)}
