"""Users and their memberships. Every company has an account administrator (V10), and the cast has members with every role."""

from __future__ import annotations

from datetime import datetime
from itertools import product
from typing import Final

from choices import MemberRole
from commands.demo.words import FAMILY_NAMES, GIVEN_NAMES, JOBS
from commands.demo.world import TODAY, Row, World, after
from models.company import AccountKind

ADMIN: Final = [MemberRole.ACCOUNT_ADMIN]
DEMO_USERS: Final = (  # one per company of the cast
    "reviewer@operator.example",
    "admin@partner.example",
    "hidden@managed.example",
    "shown@managed.example",
    "network@direct.example",
)
CAST: Final[dict[str, dict[str, list[MemberRole]]]] = {
    "operator": {
        "reviewer@operator.example": [MemberRole.REVIEWER],
        "support@operator.example": [MemberRole.SUPPORT],
        "admin@operator.example": [MemberRole.ACCOUNT_ADMIN, MemberRole.REVIEWER, MemberRole.SUPPORT],
    },
    "partner": {
        "admin@partner.example": ADMIN,
        "network@partner.example": [MemberRole.NETWORK_ADMIN],
        "editor@partner.example": [MemberRole.MARKETPLACE_EDITOR],
        "finance@partner.example": [MemberRole.FINANCE],
        "viewer@partner.example": [MemberRole.VIEWER],
    },
    **{
        part: {
            f"{part}@managed.example": ADMIN,
            f"{part}-network@managed.example": [MemberRole.NETWORK_ADMIN],
            f"{part}-editor@managed.example": [MemberRole.MARKETPLACE_EDITOR],
            f"{part}-finance@managed.example": [MemberRole.FINANCE],
            f"{part}-viewer@managed.example": [MemberRole.VIEWER],
        }
        for part in ("hidden", "shown")
    },
    "direct": {
        "network@direct.example": [MemberRole.NETWORK_ADMIN],
        "admin@direct.example": ADMIN,
        "editor@direct.example": [MemberRole.MARKETPLACE_EDITOR, MemberRole.NETWORK_ADMIN],
        "finance@direct.example": [MemberRole.FINANCE],
        "viewer@direct.example": [MemberRole.VIEWER],
    },
}
USUAL: Final = (
    [MemberRole.NETWORK_ADMIN],
    [MemberRole.FINANCE],
    [MemberRole.VIEWER],
    [MemberRole.MARKETPLACE_EDITOR],
    [MemberRole.FINANCE, MemberRole.VIEWER],
    ADMIN,
)
MOST_MEMBERS: Final = 6
PEOPLE: Final = [f"{given} {family}" for given, family in product(GIVEN_NAMES, FAMILY_NAMES)]


def fill(world: World) -> None:
    """Give every company its members, an administrator first. A few people belong to two companies."""
    chance = world.chance("membership")
    cast = {getattr(world.cast, part)["id"]: members for part, members in CAST.items()}
    strangers: list[Row] = []
    for company in world.companies(*AccountKind, verified=False):
        members = cast.get(company["id"])
        if members is None:
            names = chance.sample(PEOPLE, chance.randint(2, MOST_MEMBERS))
            addresses = [f"{name.lower().replace(' ', '.')}@{world.domains[company['id']]}" for name in names]
            members = dict(zip(addresses, [ADMIN, *(chance.choice(USUAL) for _ in names)], strict=False))
        else:
            names = chance.sample(PEOPLE, len(members))
        for name, (email, roles) in zip(names, members.items(), strict=True):
            user = _user(world, company, name, email, chance.choice(JOBS))
            _member(world, company, user, roles, after(user, minutes=5))
            strangers += [user] if company["id"] not in cast and chance.random() < 0.02 else []
    _second_memberships(world, strangers)


def _user(world: World, company: Row, name: str, email: str, job_title: str | None) -> Row:
    at = after(company, hours=3)
    return world.add("app_user", at=at, email=email, name=name, job_title=job_title, created_at=at, email_verified_at=at)


def _member(world: World, company: Row, user: Row, roles: list[MemberRole], at: datetime) -> None:
    world.add("membership", at=at, user_id=user["id"], company_id=company["id"], roles=sorted(roles), created_at=at)


def _second_memberships(world: World, users: list[Row]) -> None:
    """Give consultants a second membership, in the company of the next consultant from another company."""
    homes = {row["user_id"]: row["company_id"] for row in world.rows["membership"]}
    companies = {row["id"]: row for row in world.rows["company"]}
    for user, other in zip(users, [*users[1:], *users[:1]], strict=True):
        if homes[user["id"]] != homes[other["id"]]:
            _member(world, companies[homes[other["id"]]], user, [MemberRole.VIEWER], TODAY)
