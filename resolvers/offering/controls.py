"""What the publication of an offer needs. Everything that is missing or wrong is said at once (V34, V72)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from models import Instalment, Offer, OfferBuyer, OfferDimension
from models.base import now
from models.offer import APPROVAL_ABOVE, PaymentModel
from resolvers.values.money import exceeds
from resolvers.writing.input_reader import InputReader
from resolvers.writing.user_errors import ErrorCode

NO_BUYER: Final = "Name at least one buyer."
NO_DIMENSION: Final = "Enter at least one dimension with its price."
ONE_DIMENSION: Final = "An offer with a payment schedule has exactly one dimension."
NO_INSTALMENT: Final = "Enter the amount and the date of each payment."
NOT_IN_INSTALMENTS: Final = "An UPFRONT offer has no instalments. Remove them, or choose SCHEDULE."
OTHER_SUM: Final = "The payments must add up to the price of the dimension."
AFTER_END: Final = "Must not be after the end of the contract."
UNCONFIRMED: Final = "A price or a payment is zero. If the offer is really free, confirm it."
ZERO_PAYMENT: Final = "Must be more than zero, unless zero prices are confirmed."
NOT_FUTURE: Final = "Must be in the future."
PAST: Final = "Must not be in the past."
NO_DATE: Final = "Enter a date."


def today() -> date:
    """Return the current date in UTC, in which all dates of offers count."""
    return now().date()


def needs_approval(offer: Offer) -> bool:
    """Return True if the operator has to approve the offer: its value is above the bound, in whatever currency (R223, A23)."""
    return exceeds(offer.total_value, offer.currency, APPROVAL_ABOVE)


async def check_publishable(session: AsyncSession, fields: InputReader, offer: Offer) -> None:
    """Add an error for everything that keeps an offer from being published (R226-R241, A23-A28)."""
    of_offer = OfferBuyer.offer_id == offer.id
    if await session.scalar(sa.select(sa.func.count()).select_from(OfferBuyer).where(of_offer)) == 0:
        fields.add_error(ErrorCode.REQUIRED, NO_BUYER, "buyer_ids")
    dimensions = (await session.scalars(sa.select(OfferDimension).where(OfferDimension.offer_id == offer.id))).all()
    query = sa.select(Instalment).where(Instalment.offer_id == offer.id).order_by(Instalment.charge_date)
    instalments = (await session.scalars(query)).all()
    _check_dates(fields, offer)
    _check_dimensions(fields, offer, dimensions)
    if offer.payment_model == PaymentModel.SCHEDULE:
        _check_schedule(fields, offer, dimensions, instalments)
    elif instalments:
        fields.add_error(ErrorCode.INVALID_VALUE, NOT_IN_INSTALMENTS, "instalments")


def _check_dates(fields: InputReader, offer: Offer) -> None:
    """Check until when the offer can be accepted, and that the contract isn't over by then (A28)."""
    if offer.contract_end_date is None:
        fields.add_error(ErrorCode.REQUIRED, NO_DATE, "contract_end_date")
    elif offer.contract_end_date <= today():
        fields.add_error(ErrorCode.INVALID_VALUE, NOT_FUTURE, "contract_end_date")
    if offer.expires_on is None:
        fields.add_error(ErrorCode.REQUIRED, NO_DATE, "expires_on")
    elif offer.expires_on < today():
        fields.add_error(ErrorCode.INVALID_VALUE, PAST, "expires_on")
    elif offer.contract_end_date is not None and offer.expires_on > offer.contract_end_date:
        fields.add_error(ErrorCode.INVALID_VALUE, AFTER_END, "expires_on")


def _check_dimensions(fields: InputReader, offer: Offer, dimensions: Sequence[OfferDimension]) -> None:
    """Check the prices: at least one, and none of zero that the seller hasn't confirmed (R235, R237, V68)."""
    if not dimensions:
        fields.add_error(ErrorCode.REQUIRED, NO_DIMENSION, "dimensions")
    elif offer.payment_model == PaymentModel.SCHEDULE and len(dimensions) > 1:
        fields.add_error(ErrorCode.INVALID_VALUE, ONE_DIMENSION, "dimensions")
    if not offer.zero_price_confirmed and any(dimension.price == 0 for dimension in dimensions):
        fields.add_error(ErrorCode.ZERO_PRICE_NOT_CONFIRMED, UNCONFIRMED, "zero_price_confirmed")


def _check_schedule(
    fields: InputReader, offer: Offer, dimensions: Sequence[OfferDimension], instalments: Sequence[Instalment]
) -> None:
    """Check the payments: within the contract, none of zero, and together the price of the dimension (R236, A28)."""
    if not instalments:
        fields.add_error(ErrorCode.REQUIRED, NO_INSTALMENT, "instalments")
    for place, instalment in enumerate(instalments):
        if offer.contract_end_date is not None and instalment.charge_date > offer.contract_end_date:
            fields.add_error(ErrorCode.INVALID_VALUE, AFTER_END, "instalments", str(place), "charge_date")
        if instalment.amount == 0 and not offer.zero_price_confirmed:
            fields.add_error(ErrorCode.ZERO_PRICE_NOT_CONFIRMED, ZERO_PAYMENT, "instalments", str(place), "amount")
    if instalments and len(dimensions) == 1 and sum(each.amount for each in instalments) != dimensions[0].price:
        fields.add_error(ErrorCode.INVALID_VALUE, OTHER_SUM, "instalments")
