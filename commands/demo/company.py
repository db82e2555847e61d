"""Companies: the operator, partners and the accounts that they manage, and direct ones. The cast comes first of its kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Final
from uuid import UUID

from commands.demo.metro import metros
from commands.demo.words import LEGAL_FORMS, STEMS, TRADES, address, slug
from commands.demo.world import FOUNDED, World, deck, moments
from models.company import AccountKind, CompanyType, VerificationStatus

FILLED: Final = datetime(2023, 7, 3, 8, tzinfo=FOUNDED.tzinfo)  # when the last company had come
CAST_ACCOUNTS: Final = 8  # that the cast's partner manages at least
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


@dataclass(frozen=True, slots=True)
class Plan:
    """What a company is to be. `part` is its place in the cast, if it has one."""

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
    """Make all companies. A partner comes before the accounts that it manages; every partner manages some."""
    chance = world.chance("company")
    plans = _plans(world, chance)
    partners = _partners(world, chance)
    places = {metro.name: metro for metro in metros()}
    for number, (at, plan) in enumerate(zip(moments(chance, FOUNDED, FILLED, len(plans)), plans, strict=True), start=1):
        known, country = plan.verification != VerificationStatus.UNVERIFIED, places[plan.metro].country
        row = world.add(
            "company",
            at=at,
            trading_name=plan.name,
            legal_name=f"{plan.name} {LEGAL_FORMS.get(country, 'Ltd')}",
            account_kind=plan.kind,
            company_type=plan.company_type,
            verification_status=plan.verification,
            partner_id=next(partners) if plan.kind == AccountKind.MANAGED else None,
            registration_number=f"EX-{country}-{number:06d}" if known else None,
            tax_number=f"{country}EX{number:07d}" if known else None,
            country=country,
            headquarters=address(chance, plan.metro, country) if known else None,
            created_at=at,
        )
        world.domains[row["id"]] = plan.domain
        if plan.part:
            setattr(world.cast, plan.part, row)


def _plans(world: World, chance: Random) -> list[Plan]:
    """The operator, the partners, the rest of the cast, then all others in a random order."""
    scale, given = world.scale, {OPERATOR.name}
    direct = scale.companies - scale.partners - scale.managed - 1
    partners = _of_kind(chance, AccountKind.PARTNER, scale.partners, given)
    rest = _of_kind(chance, AccountKind.MANAGED, scale.managed, given) + _of_kind(chance, AccountKind.DIRECT, direct, given)
    chance.shuffle(rest)
    rest.sort(key=lambda plan: plan.part is None)
    return [OPERATOR, *partners, *rest]


def _of_kind(chance: Random, kind: AccountKind, count: int, given: set[str]) -> list[Plan]:
    plans = list(CAST[kind])
    rest = count - len(plans)
    for company_type, verification in zip(deck(chance, TYPES[kind], rest), deck(chance, VERIFICATION[kind], rest), strict=True):
        name = _name(chance, company_type, given)
        metro = chance.choice(metros()).name
        plans.append(Plan(kind, company_type, name, metro, f"{slug(name)}.example", verification))
    return plans


def _name(chance: Random, company_type: CompanyType, given: set[str]) -> str:
    """A name that tells the company's trade and that no other company has."""
    while (name := f"{chance.choice(STEMS)} {chance.choice(TRADES[company_type])}") in given:
        continue
    given.add(name)
    return name


def _partners(world: World, chance: Random) -> Iterator[UUID]:
    """Who manages the next managed company: the cast's partner at first, then each other partner once, then any."""
    yield from [world.cast.partner["id"]] * CAST_ACCOUNTS
    partners = [row["id"] for row in world.companies(AccountKind.PARTNER)]
    yield from partners[1:]
    while True:
        yield chance.choice(partners)
