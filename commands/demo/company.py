"""Companies: the operator, partners, their managed accounts, and direct companies. The cast comes first in each kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Final
from uuid import UUID

from choices import CompanyType
from commands.demo.metro import metros
from commands.demo.words import LEGAL_FORMS, STEMS, TRADES, address, slug
from commands.demo.world import FOUNDED, World, deck, moments
from models.company import OPEN_TYPES, AccountKind, VerificationStatus, due_at

FILLED: Final = datetime(2023, 7, 3, 8, tzinfo=FOUNDED.tzinfo)  # when the last company joined
CAST_ACCOUNTS: Final = 8  # at least this many for the cast's partner
TYPES: Final = {
    AccountKind.PARTNER: {CompanyType.SERVICE_PROVIDER: 7, CompanyType.XAAS: 2, CompanyType.DATA_CENTER: 1},
    AccountKind.MANAGED: {CompanyType.ENTERPRISE: 8, CompanyType.XAAS: 2},
    AccountKind.DIRECT: {
        CompanyType.ENTERPRISE: 6,
        CompanyType.SERVICE_PROVIDER: 5,
        CompanyType.CLOUD: 3,
        CompanyType.XAAS: 3,
        CompanyType.DATA_CENTER: 2,
        CompanyType.INTERNET_EXCHANGE: 1,
    },
}
VERIFICATION: Final = {
    AccountKind.PARTNER: {VerificationStatus.VERIFIED: 1},
    AccountKind.MANAGED: {VerificationStatus.VERIFIED: 19, VerificationStatus.PENDING: 1},
    AccountKind.DIRECT: {
        VerificationStatus.VERIFIED: 17,
        VerificationStatus.UNVERIFIED: 1,
        VerificationStatus.PENDING: 1,
        VerificationStatus.REJECTED: 1,
    },
}
UNREADABLE: Final = "The second page of the certificate is missing. Please upload the whole document."


@dataclass(frozen=True, slots=True)
class Plan:
    """A company to create. `part` is its role in the cast, if any."""

    kind: AccountKind
    company_type: CompanyType
    name: str
    metro: str
    domain: str
    verification: VerificationStatus = VerificationStatus.VERIFIED
    part: str | None = None


OPERATOR: Final = Plan(
    AccountKind.OPERATOR, CompanyType.SERVICE_PROVIDER, "Hollowgate Crossing", "London", "operator.example", part="operator"
)
CAST: Final = {
    AccountKind.PARTNER: [
        Plan(AccountKind.PARTNER, CompanyType.XAAS, "Bramblewick Partners", "London", "partner.example", part="partner"),
    ],
    AccountKind.MANAGED: [
        Plan(AccountKind.MANAGED, CompanyType.ENTERPRISE, "Quillmere Foods", "Manchester", "managed.example", part="hidden"),
        Plan(AccountKind.MANAGED, CompanyType.XAAS, "Larchford Analytics", "Amsterdam", "managed.example", part="shown"),
    ],
    AccountKind.DIRECT: [
        Plan(AccountKind.DIRECT, CompanyType.ENTERPRISE, "Sablecrest Media", "New York", "direct.example", part="direct"),
    ],
}


def fill(world: World) -> None:
    """Create all companies. A partner comes before its accounts, and every partner has some."""
    chance = world.chance("company")
    plans = _plans(world, chance)
    partners = _partners(world, chance)
    places = {metro.name: metro for metro in metros()}
    for number, (at, plan) in enumerate(zip(moments(chance, FOUNDED, FILLED, len(plans)), plans, strict=True), start=1):
        documented, country = plan.verification != VerificationStatus.UNVERIFIED, places[plan.metro].country
        row = world.add(
            "company",
            at=at,
            trading_name=plan.name,
            legal_name=f"{plan.name} {LEGAL_FORMS.get(country, 'Ltd')}",
            account_kind=plan.kind,
            company_type=plan.company_type,
            verification_status=plan.verification,
            verification_reason=UNREADABLE if plan.verification == VerificationStatus.REJECTED else None,
            verification_submitted_at=at if documented else None,
            verification_due_at=due_at(at) if documented else None,
            verification_decided_at=due_at(at) if plan.verification == VerificationStatus.REJECTED else None,
            auto_publish_allowed=False,
            distribution_agreement=plan.company_type not in OPEN_TYPES,
            partner_id=next(partners) if plan.kind == AccountKind.MANAGED else None,
            registration_number=f"EX-{country}-{number:06d}" if documented else None,
            tax_number=f"{country}EX{number:07d}" if documented else None,
            country=country,
            headquarters=address(chance, plan.metro, country) if documented else None,
            created_at=at,
        )
        world.domains[row["id"]] = plan.domain
        if plan.part:
            setattr(world.cast, plan.part, row)


def _plans(world: World, chance: Random) -> list[Plan]:
    """Return the operator, the partners, the rest of the cast, then all others in random order."""
    scale, taken = world.scale, {OPERATOR.name}
    direct = scale.companies - scale.partners - scale.managed - 1
    partners = _of_kind(chance, AccountKind.PARTNER, scale.partners, taken)
    rest = _of_kind(chance, AccountKind.MANAGED, scale.managed, taken) + _of_kind(chance, AccountKind.DIRECT, direct, taken)
    chance.shuffle(rest)
    rest.sort(key=lambda plan: plan.part is None)
    return [OPERATOR, *partners, *rest]


def _of_kind(chance: Random, kind: AccountKind, count: int, taken: set[str]) -> list[Plan]:
    plans = list(CAST[kind])
    rest = count - len(plans)
    for company_type, verification in zip(deck(chance, TYPES[kind], rest), deck(chance, VERIFICATION[kind], rest), strict=True):
        name = _name(chance, company_type, taken)
        metro = chance.choice(metros()).name
        plans.append(Plan(kind, company_type, name, metro, f"{slug(name)}.example", verification))
    return plans


def _name(chance: Random, company_type: CompanyType, taken: set[str]) -> str:
    """Return a unique name that shows the company's trade."""
    while (name := f"{chance.choice(STEMS)} {chance.choice(TRADES[company_type])}") in taken:
        continue
    taken.add(name)
    return name


def _partners(world: World, chance: Random) -> Iterator[UUID]:
    """Yield the partner of each managed company: first the cast's partner, then each other partner once, then random ones."""
    yield from [world.cast.partner["id"]] * CAST_ACCOUNTS
    partners = [row["id"] for row in world.companies(AccountKind.PARTNER)]
    yield from partners[1:]
    while True:
        yield chance.choice(partners)
