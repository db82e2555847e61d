"""Mutations of agreements: a buyer accepts an offer, and the operator's support cancels what was agreed (R235, A29, V38)."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from models import Agreement, Company, Offer, OfferBuyer, OfferDimension
from models.base import now
from models.lifecycle import IllegalStep
from models.notification import NotificationKind
from models.offer import ACCEPTABLE, LIFECYCLE, OfferStatus, PaymentModel
from models.product import MAX_DIMENSIONS
from resolvers.notifying import message_templates
from resolvers.notifying.offers import notify_both_sides, notify_seller
from resolvers.offering.availability import update_removal
from resolvers.offering.controls import today
from resolvers.offering.leads import mark_purchased
from resolvers.offering.locking import lock_agreement, lock_offer
from resolvers.values.identifiers import Identifier
from resolvers.writing.input_reader import InputReader
from resolvers.writing.row_lists import pick
from resolvers.writing.runner import ChangedIds
from resolvers.writing.unit_of_work import UnitOfWork, requires
from resolvers.writing.user_errors import ErrorCode

MAX_REASON_LENGTH: Final = 500  # characters
NOT_A_BUYER: Final = "This company isn't a buyer of the offer."
ACCEPTED: Final = "This company has accepted the offer already."
NOTHING_CHOSEN: Final = "Choose at least one dimension."


@requires(Offer="accept", Company="accept_offer")
async def accept_offer(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Accept an offer for a buyer, in the version that was read. Each buyer can accept it once (A29, V4, V35, V36, X7)."""
    product, offer = await lock_offer(work, fields, "accept")
    company = await work.acting_company(fields, "accept_offer")
    work.errors.raise_if_any()
    _check_acceptable(offer)
    work.check_version(fields, offer)
    await _check_buyer(work, fields, offer, company)
    chosen = await _read_choice(work, fields, offer)
    work.errors.raise_if_any()
    scheduled = offer.payment_model == PaymentModel.SCHEDULE
    agreement = Agreement(
        company_id=company.id,
        offer_id=offer.id,
        dimension_ids=[dimension.id for dimension in chosen],
        total_value=offer.total_value if scheduled else sum(dimension.price for dimension in chosen),
        currency=offer.currency,
        starts_on=today(),
        ends_on=offer.contract_end_date,
        accepted_by=work.context.viewer.user_id,
    )
    await work.add(agreement)
    if offer.status == OfferStatus.PUBLISHED:
        offer.take_step("accept")
    await mark_purchased(work.session, product.id, company.id)
    await update_removal(work.session, product)
    message = message_templates.offer_accepted(offer.name, company.trading_name, work.context.services.site_url)
    await notify_seller(work.session, NotificationKind.OFFER_ACCEPTED, offer, message)
    return _changed(agreement)


def _check_acceptable(offer: Offer) -> None:
    """Check that buyers can still accept the offer, which another one may have accepted (V36). Raises IllegalStep."""
    standing = offer.standing(now())
    if standing not in ACCEPTABLE:
        LIFECYCLE.next_state("accept", standing)
    if offer.expires_at is not None and offer.expires_at <= now():
        raise IllegalStep(OfferStatus.EXPIRED, OfferStatus.ACCEPTED, {})


async def _check_buyer(work: UnitOfWork, fields: InputReader, offer: Offer, company: Company) -> None:
    """Add an error if the company isn't a buyer, or has accepted the offer."""
    if await work.session.get(OfferBuyer, (offer.id, company.id)) is None:
        fields.add_error(ErrorCode.INVALID_VALUE, NOT_A_BUYER, "company_id")
    accepted = sa.select(Agreement.id).where(Agreement.offer_id == offer.id, Agreement.company_id == company.id)
    if await work.scalar(accepted) is not None:
        fields.add_error(ErrorCode.DUPLICATE, ACCEPTED, "id")


async def _read_choice(work: UnitOfWork, fields: InputReader, offer: Offer) -> list[OfferDimension]:
    """Read which dimensions the buyer takes: at least one, or the only one of a schedule (R235, R236, V35)."""
    query = sa.select(OfferDimension).where(OfferDimension.offer_id == offer.id).order_by(OfferDimension.position)
    dimensions = (await work.session.scalars(query)).all()
    items = fields.keys("dimension_ids", "OfferDimension", MAX_DIMENSIONS)
    keys = pick(fields, "dimension_ids", items, {dimension.id for dimension in dimensions})
    if fields.value("dimension_ids") or offer.payment_model == PaymentModel.UPFRONT:
        if not fields.value("dimension_ids"):
            fields.add_error(ErrorCode.REQUIRED, NOTHING_CHOSEN, "dimension_ids")
        return [dimension for dimension in dimensions if dimension.id in keys]
    return list(dimensions)


@requires(Agreement="cancel")
async def cancel_agreement(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Cancel an agreement, with a reason that both sides read (V38)."""
    product, agreement = await lock_agreement(work, fields, "cancel")
    type(agreement).LIFECYCLE.next_state("cancel", agreement.standing(now()))
    reason = fields.text("reason", MAX_REASON_LENGTH, lines=True)
    work.errors.raise_if_any()
    agreement.take_step("cancel")
    agreement.cancellation_reason, agreement.ended_at = reason, now()
    await update_removal(work.session, product)
    name = str(await work.scalar(sa.select(Offer.name).where(Offer.id == agreement.offer_id)))
    message = message_templates.agreement_cancelled(name, str(reason), work.context.services.site_url)
    await notify_both_sides(work.session, NotificationKind.AGREEMENT_CANCELLED, agreement, message)
    return _changed(agreement)


def _changed(agreement: Any) -> ChangedIds:
    return {"agreement": Identifier("Agreement", agreement.id)}
