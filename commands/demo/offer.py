"""Private offers in every status, with buyers, dimensions and instalments. Totals follow from the prices (A23, A28)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from hashlib import sha256
from io import BytesIO
from random import Random
from typing import Any, Final
from uuid import UUID

from pypdf import PdfWriter

from commands.demo.metro import WITHOUT_MINOR_UNIT, WORTH_OF_A_DOLLAR, minor_units
from commands.demo.product import DIMENSIONS
from commands.demo.world import OPEN_UNTIL, TODAY, Row, World, deck, moments
from models.company import AccountKind
from models.offer import APPROVAL_ABOVE, APPROVAL_NEEDED, CURRENCIES, EXTENDED, MAX_BUYERS, OfferStatus, PaymentModel
from models.product import ProductVisibility

FIRST: Final = datetime(2025, 1, 6, 8, tzinfo=TODAY.tzinfo)
STATUSES: Final = {
    OfferStatus.PUBLISHED: 37,
    OfferStatus.ACCEPTED: 25,
    OfferStatus.DRAFT: 12,
    OfferStatus.EXPIRED: 9,
    OfferStatus.WITHDRAWN: 7,
    OfferStatus.PENDING_APPROVAL: 6,
    OfferStatus.REJECTED: 4,
}
REVIEWED: Final = {OfferStatus.PENDING_APPROVAL, OfferStatus.REJECTED}
OPEN: Final = {OfferStatus.DRAFT, OfferStatus.PENDING_APPROVAL, OfferStatus.PUBLISHED, OfferStatus.ACCEPTED}
SELLING: Final = {ProductVisibility.LIMITED, ProductVisibility.PUBLIC}  # A24
ONCE_SOLD: Final = {
    OfferStatus.ACCEPTED,
    OfferStatus.EXPIRED,
    OfferStatus.WITHDRAWN,
}  # possible for products that are now RESTRICTED or REMOVED
FREE_SHARE: Final = 0.01  # zero-dollar offers (R237)
SCHEDULE_SHARE: Final = 0.35
DESCRIBED_SHARE: Final = 0.6
DOCUMENTED_SHARE: Final = 0.2
BUYERS: Final = (3, 3, 10, MAX_BUYERS)  # maximums to choose from; most offers have few


@dataclass(frozen=True, slots=True)
class Plan:
    """An offer to create. Buyers are company keys."""

    product: Row
    status: OfferStatus
    buyers: list[UUID]


def fill(world: World) -> None:
    """Create the offers in order of creation time."""
    chance = world.chance("offer")
    plans = _plans(world, chance)
    for at, plan in zip(moments(chance, FIRST, TODAY, len(plans)), plans, strict=True):
        offer = _offer(world, chance, at, plan)
        if offer["payment_model"] == PaymentModel.SCHEDULE:
            _instalments(world, chance, offer)
        for buyer in plan.buyers:
            world.add("offer_buyer", offer_id=offer["id"], company_id=buyer)
        if chance.random() < DOCUMENTED_SHARE:
            _document(world, offer)


def _plans(world: World, chance: Random) -> list[Plan]:
    """Plan sent and received offers in every status for each company of the cast, then random ones."""
    companies = [row["id"] for row in world.companies(AccountKind.PARTNER, AccountKind.DIRECT, AccountKind.MANAGED)]
    plans = _plans_of_cast(world, chance, companies)
    offerable = {status: _offerable(world, status) for status in OfferStatus}
    for status in deck(chance, STATUSES, world.scale.offers - len(plans)):
        product = chance.choice(offerable[status])
        plans.append(Plan(product, status, _buyers(chance, companies, product, chance.choice(BUYERS))))
    chance.shuffle(plans)
    return plans


def _plans_of_cast(world: World, chance: Random, companies: list[UUID]) -> list[Plan]:
    members = {company["id"] for company in world.cast}
    strange = [row for row in _offerable(world, OfferStatus.PUBLISHED) if row["company_id"] not in members]
    plans = [
        Plan(strange[0], OfferStatus.PUBLISHED, [world.cast.hidden["id"], world.cast.shown["id"]]),
        Plan(strange[1], OfferStatus.PUBLISHED, [world.cast.direct["id"]]),
    ]
    for company in world.cast:
        own = [row for row in _offerable(world, OfferStatus.PUBLISHED) if row["company_id"] == company["id"]]
        for status in list(OfferStatus) * 2:
            product = chance.choice(own)
            plans.append(Plan(product, status, _buyers(chance, companies, product, chance.randint(1, 4))))
            if company is not world.cast.operator:
                plans.append(Plan(chance.choice(strange), status, [company["id"]]))
    return plans


def _offerable(world: World, status: OfferStatus) -> list[Row]:
    """Return the published products that can have an offer in a status."""
    products = [row for row in world.rows["product"] if row["published_at"]]
    return products if status in ONCE_SOLD else [row for row in products if row["visibility"] in SELLING]


def _buyers(chance: Random, companies: list[UUID], product: Row, max_count: int) -> list[UUID]:
    candidates = chance.sample(companies, chance.randint(1, max_count) + 1)
    return [company for company in candidates if company != product["company_id"]][: len(candidates) - 1]


def _offer(world: World, chance: Random, at: datetime, plan: Plan) -> Row:
    free = chance.random() < FREE_SHARE and plan.status not in REVIEWED
    schedule = chance.random() < SCHEDULE_SHARE and not free
    currency = chance.choice(CURRENCIES)
    dimensions = chance.sample(DIMENSIONS, 1 if schedule or free else chance.randint(2, len(DIMENSIONS)))
    prices = [0 if free else _price(chance, currency, plan.status) for _ in dimensions]
    expires, ends = _dates(chance, at, plan.status)
    offer = world.add(
        "offer",
        at=at,
        company_id=plan.product["company_id"],
        product_id=plan.product["id"],
        name=f"{plan.product['title']} for {len(plan.buyers)}, {'by instalments' if schedule else 'paid at once'}",
        status=plan.status,
        payment_model=PaymentModel.SCHEDULE if schedule else PaymentModel.UPFRONT,
        currency=currency,
        total_value=sum(prices),
        zero_price_confirmed=free,
        contract_end_date=ends,
        expires_on=expires,
        **_history(at, plan.status),
    )
    for position, ((name, unit), price) in enumerate(zip(dimensions, prices, strict=True)):
        _dimension(world, chance, offer, position=position, name=name, unit=unit, price=price)
    return offer


def _history(at: datetime, status: OfferStatus) -> dict[str, Any]:
    """Return when the offer was made, submitted and published, and why it had to be approved or was rejected."""
    reviewed, rejected = status in REVIEWED, status == OfferStatus.REJECTED
    return {
        "created_at": at,
        "submitted_at": at if reviewed else None,
        "approval_reason": APPROVAL_NEEDED if reviewed else None,
        "rejection_reason": "The payments don't match what was agreed." if rejected else None,
        "published_at": at if status in EXTENDED else None,
    }


def _dimension(world: World, chance: Random, offer: Row, **facts: Any) -> None:
    described = chance.random() < DESCRIBED_SHARE
    world.add(
        "offer_dimension",
        at=offer["created_at"],
        offer_id=offer["id"],
        description=f"{facts['name']} level" if described else None,
        currency=offer["currency"],
        **facts,
    )


@cache
def _blank_page() -> bytes:
    """Return a PDF of one page."""
    writer, written = PdfWriter(), BytesIO()
    writer.add_blank_page(595, 842)
    writer.write(written)
    return written.getvalue()


def _document(world: World, offer: Row) -> None:
    """Add a document that defines the service, as if the seller had deleted what it was made of (R238)."""
    content = _blank_page()
    world.add(
        "offer_document",
        at=offer["created_at"],
        offer_id=offer["id"],
        current_of_id=offer["id"],
        sha256=sha256(content).hexdigest(),
        pages=1,
        bytes=len(content),
        content=content,
        created_at=offer["created_at"],
    )


def _price(chance: Random, currency: str, status: OfferStatus) -> int:
    """Return a price in minor units. In offers that need or needed approval, each price alone exceeds the limit."""
    if status in REVIEWED:
        return minor_units((APPROVAL_ABOVE + chance.randint(10_000, 400_000)) / min(1, WORTH_OF_A_DOLLAR[currency]), currency)
    return minor_units(chance.choice([2_000, 5_000, 12_000, 30_000, 80_000]) * chance.uniform(0.5, 1.5), currency)


def _dates(chance: Random, at: datetime, status: OfferStatus) -> tuple[date, date]:
    """Return an offer's last day for acceptance and its contract's end date."""
    if status in OPEN:
        expires = OPEN_UNTIL.date() + timedelta(days=chance.randint(0, 300))
    else:
        expires = min(at + timedelta(days=chance.randint(7, 60)), TODAY - timedelta(days=1)).date()
        expires = max(expires, at.date())
    return expires, expires + timedelta(days=chance.randint(180, 1_095))


def _instalments(world: World, chance: Random, offer: Row) -> None:
    """Add equal payments at equal intervals, ending before the contract. The last one includes the remainder (A28)."""
    unit = 1 if offer["currency"] in WITHOUT_MINOR_UNIT else 100
    start, end = offer["created_at"].date(), offer["contract_end_date"]
    count = chance.randint(2, 24)
    step, part = (end - start).days // count, offer["total_value"] // unit // count * unit
    for number in range(count):
        last = number == count - 1
        world.add(
            "instalment",
            at=offer["created_at"],
            offer_id=offer["id"],
            charge_date=start + timedelta(days=step * (number + 1)),
            amount=offer["total_value"] - part * (count - 1) if last else part,
            currency=offer["currency"],
        )
