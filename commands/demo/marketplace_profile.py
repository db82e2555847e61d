"""Marketplace profiles, PUBLIC or PRIVATE, of about 60 % of unmanaged companies and of some managed ones."""

from __future__ import annotations

from random import Random
from typing import Final

from commands.demo.image import add_logo
from commands.demo.words import address, bio, phone, slug
from commands.demo.world import FOUNDED, Row, World, after
from models.company import AccountKind
from models.marketplace_profile import ProfileVisibility

CATALOGUE: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "CLOUD": ("Cloud", ("Private cloud", "Public cloud", "Object storage")),
    "DATA_CENTRE": ("Data centre", ("Colocation", "Remote hands")),
    "INTERNET_EXCHANGE": ("Internet exchange", ()),
    "NETWORK": ("Network services", ("IP transit", "Ethernet", "Wavelength", "SD-WAN")),
    "SECURITY": ("Security", ("DDoS protection", "Firewall")),
    "VOICE": ("Voice and collaboration", ("SIP trunking", "Conferencing")),
    "BACKUP": ("Backup and recovery", ()),
    "CONSULTING": ("Consulting", ("Assessment", "Migration", "Training")),
}
SERVICES: Final = {code: [slug(name).replace("-", "_").upper() for name in names] for code, (_, names) in CATALOGUE.items()}
SHARES: Final = {AccountKind.PARTNER: 0.6, AccountKind.DIRECT: 0.6, AccountKind.MANAGED: 0.2, AccountKind.OPERATOR: 1.0}
PUBLIC_SHARE: Final = 0.75
SHORT_NAME_SHARE: Final = 0.15  # short names are often taken, so their slugs get numbers (A3)
RENAMED_SHARE: Final = 0.2
LOGO_SHARE: Final = 0.7
BIO_SHARE: Final = 0.9
PHONE_SHARE: Final = 0.8
NETWORK_SHARE: Final = 0.6


def fill(world: World) -> None:
    """Create the catalogue and the profiles. In the cast, only the managed company with visible prices has none."""
    chance = world.chance("marketplace profile")
    _catalogue(world)
    always = {company["id"]: company is not world.cast.shown for company in world.cast}
    taken: set[str] = set()
    for company in world.companies(*AccountKind):
        if always.get(company["id"], chance.random() < SHARES[company["account_kind"]]):
            _profile(world, chance, company, taken)


def _catalogue(world: World) -> None:
    for code, (label, names) in CATALOGUE.items():
        world.add("provider_type", at=FOUNDED, code=code, label=label)
        for service, name in zip(SERVICES[code], names, strict=True):
            world.add("service_type", at=FOUNDED, code=service, label=name, provider_type=code)


def _profile(world: World, chance: Random, company: Row, taken: set[str]) -> None:
    certainty = float(
        company["id"] in {member["id"] for member in world.cast}
    )  # 1.0 for the cast, which has every optional part
    public = chance.random() < max(certainty, PUBLIC_SHARE)
    name = company["trading_name"].split()[0] if chance.random() < SHORT_NAME_SHARE - certainty else company["trading_name"]
    logo = add_logo(world, chance, company) if chance.random() < max(certainty, LOGO_SHARE) else None
    at = after(company, days=21)
    profile = world.add(
        "marketplace_profile",
        at=at,
        company_id=company["id"],
        company_name=name,
        slug=_slug(name, taken),
        visibility=ProfileVisibility.PUBLIC if public else ProfileVisibility.PRIVATE,
        logo_id=logo and logo["id"],
        bio=bio(chance, name) if chance.random() < max(certainty, BIO_SHARE) else None,
        created_at=at,
        **_contact(chance, company, world.domains[company["id"]]),
        **_services(chance, min_count=1 if public else 0),
    )
    if chance.random() < max(certainty, RENAMED_SHARE):
        world.add("profile_slug", slug=_slug(f"{name} formerly", taken), profile_id=profile["id"])


def _contact(chance: Random, company: Row, domain: str) -> Row:
    """Return the contact details of a company."""
    network = {"network": "Example Social", "url": f"https://social.example/{slug(company['trading_name'])}"}
    return {
        "contact_email": f"sales@{domain}",
        "website": f"https://www.{domain}/",
        "phone": phone(chance, company["country"]) if chance.random() < PHONE_SHARE else None,
        "social_links": [network] if chance.random() < NETWORK_SHARE else [],
        "headquarters": address(chance, company["headquarters"]["city"], company["country"]),
    }


def _services(chance: Random, min_count: int) -> Row:
    """Return some provider types and some of their service types (R023)."""
    types = sorted(chance.sample(sorted(CATALOGUE), chance.randint(min_count, 3)))
    services = [service for code in types for service in SERVICES[code]]
    return {
        "provider_types": types,
        "service_types": sorted(chance.sample(services, chance.randint(0, len(services)))),
    }


def _slug(name: str, taken: set[str]) -> str:
    """Return the slug of a name, with a number if it's taken (A3)."""
    plain = unique = slug(name)
    number = 2
    while unique in taken:
        unique = f"{plain}-{number}"
        number += 1
    taken.add(unique)
    return unique
