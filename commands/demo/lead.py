"""Leads: one of each inquiry, and requests for offers for public products, in every status (V17, V33)."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

from commands.demo.inquiry import FIRST
from commands.demo.words import FAMILY_NAMES, GIVEN_NAMES
from commands.demo.world import TODAY, Row, World, after, moments
from models.company import AccountKind
from models.lead import LeadSource, LeadStatus
from models.product import ProductVisibility

PER_PRODUCT: Final = 0.2  # requests for each public product
OF_THE_CAST: Final = 6  # requests for products of each company of the cast
NOTES: Final = ("Called back.", "Wants to start next quarter.", "Sent a proposal.")
WISHES: Final = (
    "Please make us an offer for a year.",
    "What does it cost for three sites?",
    None,
)
STATUSES: Final = (*[LeadStatus.NEW] * 4, LeadStatus.CONTACTED, LeadStatus.QUALIFIED, LeadStatus.DELIVERED, LeadStatus.CLOSED)


def fill(world: World) -> None:
    """Create the leads in order of creation time."""
    chance = world.chance("lead")
    for lead in sorted([*_of_inquiries(world), *_of_requests(world, chance)], key=lambda row: row["created_at"]):
        _add(world, chance, lead)


def _of_inquiries(world: World) -> Iterator[Row]:
    for inquiry in world.rows["inquiry"]:
        yield {
            "company_id": inquiry["company_id"],
            "source": LeadSource.PROFILE_INQUIRY,
            "product_id": None,
            "requester_id": None,
            "contact_name": inquiry["sender_name"],
            "contact_email": inquiry["sender_email"],
            "contact_company": inquiry["sender_company"],
            "message": inquiry["message"],
            "created_at": inquiry["created_at"],
        }


def _of_requests(world: World, chance: Random) -> Iterator[Row]:
    """Yield a lead for each request of a buyer that hasn't asked for the product before."""
    companies = [row["id"] for row in world.companies(AccountKind.PARTNER, AccountKind.DIRECT, AccountKind.MANAGED)]
    wanted = _wanted(world, chance)
    asked = set()
    for at, product in zip(moments(chance, FIRST, TODAY, len(wanted)), wanted, strict=True):
        buyer = chance.choice(companies)
        if buyer == product["company_id"] or (product["id"], buyer) in asked:
            continue
        asked.add((product["id"], buyer))
        name = f"{chance.choice(GIVEN_NAMES)} {chance.choice(FAMILY_NAMES)}"
        yield {
            "company_id": product["company_id"],
            "source": LeadSource.OFFER_REQUEST,
            "product_id": product["id"],
            "requester_id": buyer,
            "contact_name": name,
            "contact_email": f"{name.replace(' ', '.')}@visitor.example".lower(),
            "contact_company": None,
            "message": chance.choice(WISHES),
            "created_at": at,
        }


def _wanted(world: World, chance: Random) -> list[Row]:
    """Return the product of each request."""
    public = [row for row in world.rows["product"] if row["visibility"] == ProductVisibility.PUBLIC]
    cast = {company["id"] for company in world.cast}
    own = [row for row in public if row["company_id"] in cast]
    wanted = own * OF_THE_CAST + [chance.choice(public) for _ in range(round(len(public) * PER_PRODUCT))]
    chance.shuffle(wanted)
    return wanted


def _add(world: World, chance: Random, facts: Row) -> None:
    """Add a lead, with a note if its company has worked on it."""
    at, status = facts["created_at"], chance.choice(STATUSES)
    lead = world.add("lead", at=at, status=status, updated_at=at, **facts)
    if status != LeadStatus.NEW:
        noted = after(lead, hours=5)
        world.add(
            "lead_note",
            at=noted,
            lead_id=lead["id"],
            author_id=world.administrator(lead["company_id"]),
            text=chance.choice(NOTES),
        )["at"] = noted
