"""The terms of an offer: its name, buyers, prices, payments and dates. Wrong terms are refused when they are written (V61)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import phonenumbers
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from models import Document, Instalment, Offer, OfferBuyer, OfferDimension
from models.offer import CURRENCIES, MAX_BUYERS, MAX_INSTALMENTS, MAX_NAME_LENGTH, PaymentModel
from resolvers.offering.documents import read_documents, store_documents
from resolvers.offering.leads import known_requesters
from resolvers.writing.dimensions import read_dimensions
from resolvers.writing.field_readers import FieldReader, assign, read_present, required_value
from resolvers.writing.input_reader import InputReader
from resolvers.writing.row_lists import REPEATED, read_rows
from resolvers.writing.unit_of_work import UnitOfWork
from resolvers.writing.user_errors import ErrorCode

EMAIL: Final = re.compile(r"[^\s@]+@[^\s@]+\.\w")
DATES: Final = re.compile(r"\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{4} ?[-/\u2013] ?\d{2,4}(?!\d)")
DIGITS: Final = re.compile(r"\(?\+?\d[\d\s().\-/]*\d")
MIN_PHONE_DIGITS: Final = 7  # with fewer, a number is rather a quantity
PERSONAL: Final = "Don't put names, phone numbers or addresses of people in the name of an offer."
OWN_BUYER: Final = "The seller can't be a buyer of its own offer."
UNORDERED: Final = "Each payment must be later than the one before it."
OTHER_CURRENCY: Final = "Enter the amounts in the new currency."


@dataclass(frozen=True, slots=True)
class Terms:
    """What an input says about an offer. What is None isn't in the input, and stays as it is."""

    columns: Mapping[str, Any]
    buyers: list[UUID] | None
    dimensions: list[dict[str, Any]] | None
    instalments: list[dict[str, Any]] | None
    documents: list[Document] | None

    def __bool__(self) -> bool:
        """Whether the input says anything."""
        return bool(self.columns) or any(
            each is not None for each in (self.buyers, self.dimensions, self.instalments, self.documents)
        )


async def read_terms(work: UnitOfWork, fields: InputReader, seller: UUID | None, offer: Offer | None) -> Terms:
    """Read the terms in an input, for a new offer or a change of `offer`."""
    columns = read_present(fields, READERS)
    current = None if offer is None else offer.currency
    currency: str | None = columns.get("currency") or current
    buyers = dimensions = instalments = None
    if fields.has("buyer_ids"):
        buyers = await _read_buyers(work, fields, seller)
    if fields.has("dimensions"):
        dimensions = read_dimensions(fields, lambda item: _priced(item, "price", currency))
    if fields.has("instalments"):
        instalments = _read_instalments(fields, currency)
    if offer is not None and currency != current:
        await _check_amounts(work, fields, offer)
    documents = await read_documents(work, fields, seller) if fields.has("document_ids") else None
    return Terms(columns, buyers, dimensions, instalments, documents)


async def _read_buyers(work: UnitOfWork, fields: InputReader, seller: UUID | None) -> list[UUID]:
    """Read the buyers: companies that the seller can read, or knows from its leads (V34, V56)."""

    async def find_known(keys: Collection[UUID]) -> set[UUID]:
        return await known_requesters(work.session, seller, keys)

    return await read_rows(work, fields, "buyer_ids", "Company", MAX_BUYERS, (seller, OWN_BUYER), find_known)


def _priced(item: InputReader, name: str, currency: str | None) -> dict[str, Any]:
    """Read an amount. Without a valid currency, there is an error already."""
    return {name: None if currency is None else item.amount(name, currency)}


def _read_instalments(fields: InputReader, currency: str | None) -> list[dict[str, Any]]:
    """Read payments in the order of their dates (A28)."""
    instalments: list[dict[str, Any]] = []
    for item in fields.nested_list("instalments", MAX_INSTALMENTS):
        day = item.value("charge_date")
        if instalments and day == instalments[-1]["charge_date"]:
            item.add_error(ErrorCode.DUPLICATE, REPEATED, "charge_date")
        elif instalments and day < instalments[-1]["charge_date"]:
            item.add_error(ErrorCode.INVALID_VALUE, UNORDERED, "charge_date")
        instalments.append({"charge_date": day, **_priced(item, "amount", currency)})
    return instalments


async def _check_amounts(work: UnitOfWork, fields: InputReader, offer: Offer) -> None:
    """Add an error if amounts of the former currency would stay."""
    for name, model in (("dimensions", OfferDimension), ("instalments", Instalment)):
        stays = not fields.has(name) and await work.scalar(sa.select(model.id).where(model.offer_id == offer.id))
        if stays:
            fields.add_error(ErrorCode.REQUIRED, OTHER_CURRENCY, name)


def _read_name(fields: InputReader, name: str) -> str | None:
    """Read the name of an offer, in which email addresses and phone numbers are refused (R232, A25)."""
    text = fields.text(name, MAX_NAME_LENGTH)
    if text is not None and has_personal_data(text):
        fields.add_error(ErrorCode.PERSONAL_DATA, PERSONAL, name)
    return text


def has_personal_data(text: str) -> bool:
    """Return True if a text has an email address, or a number that looks like a phone number rather than a date or a quantity."""
    if EMAIL.search(text) or phonenumbers.PhoneNumberMatcher(text, None).has_next():
        return True
    numbers = DIGITS.findall(DATES.sub(" ", text))
    return any(sum(map(str.isdigit, number)) >= MIN_PHONE_DIGITS for number in numbers)


def _read_currency(fields: InputReader, name: str) -> str | None:
    required_value(fields, name)
    currency: str | None = fields.choice(name, CURRENCIES)
    return currency


def _read_flag(fields: InputReader, name: str) -> bool:
    return bool(fields.value(name))


READERS: Final[Mapping[str, FieldReader]] = {
    "name": _read_name,
    "payment_model": required_value,
    "currency": _read_currency,
    "contract_end_date": lambda fields, name: fields.value(name),
    "expires_on": lambda fields, name: fields.value(name),
    "zero_price_confirmed": _read_flag,
}


async def store_terms(session: AsyncSession, offer: Offer, terms: Terms) -> None:
    """Store the terms of an offer, and the value that follows from them (A23)."""
    assign(offer, terms.columns)
    of_offer = {"offer_id": offer.id}
    if terms.buyers is not None:
        kept = await _keep(session, offer, terms.buyers)
        session.add_all(OfferBuyer(**of_offer, company_id=key) for key in terms.buyers if key not in kept)
    if terms.dimensions is not None:
        await _delete_all(session, OfferDimension, offer)
        rows = enumerate(terms.dimensions)
        session.add_all(OfferDimension(**of_offer, position=place, currency=offer.currency, **row) for place, row in rows)
    if terms.instalments is not None:
        await _delete_all(session, Instalment, offer)
        session.add_all(Instalment(**of_offer, currency=offer.currency, **row) for row in terms.instalments)
    if terms.documents is not None:
        await store_documents(session, offer, terms.documents)
    await session.flush()
    offer.total_value = await _total(session, offer)
    await session.flush()


async def _keep(session: AsyncSession, offer: Offer, buyers: list[UUID]) -> set[UUID]:
    """Remove the buyers that an offer no longer has, and return those that stay."""
    former = (await session.scalars(sa.select(OfferBuyer).where(OfferBuyer.offer_id == offer.id))).all()
    for buyer in former:
        if buyer.company_id not in buyers:
            await session.delete(buyer)
    return {buyer.company_id for buyer in former} & set(buyers)


async def _delete_all(session: AsyncSession, model: type[OfferDimension | Instalment], offer: Offer) -> None:
    for row in (await session.scalars(sa.select(model).where(model.offer_id == offer.id))).all():
        await session.delete(row)
    await session.flush()


async def _total(session: AsyncSession, offer: Offer) -> int:
    """Return the value of an offer: the sum of its payments, or of all its prices if the buyer chooses among them (A23)."""
    if offer.payment_model == PaymentModel.SCHEDULE:
        amounts = sa.select(sa.func.sum(Instalment.amount)).where(Instalment.offer_id == offer.id)
    else:
        amounts = sa.select(sa.func.sum(OfferDimension.price)).where(OfferDimension.offer_id == offer.id)
    return int(await session.scalar(amounts) or 0)
