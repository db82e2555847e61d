"""Products with revisions, dimensions, change requests and test accounts, in every review status."""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import Any, Final

from commands.demo.words import INVENTED
from commands.demo.world import FOUNDED, Row, World, after, deck, moments
from models.company import AccountKind
from models.product import (
    ChangeRequestKind,
    ChangeRequestStatus,
    ProductKind,
    ProductVisibility,
    RevisionStatus,
    ServiceCategory,
)

FIRST: Final = datetime(2023, 10, 2, 8, tzinfo=FOUNDED.tzinfo)
LAST: Final = datetime(2024, 12, 2, 8, tzinfo=FOUNDED.tzinfo)  # offers come after it
SELLERS_SHARE: Final = 0.4
CAST_PRODUCTS: Final = {"operator": 6, "partner": 12, "hidden": 6, "shown": 6, "direct": 12}
VISIBILITIES: Final = {
    ProductVisibility.PUBLIC: 60,
    ProductVisibility.LIMITED: 25,
    ProductVisibility.RESTRICTED: 10,
    ProductVisibility.REMOVED: 5,
}
TITLES: Final[dict[ServiceCategory, tuple[str, ...]]] = {
    ServiceCategory.ASSESSMENTS: ("Network Health Check", "Cloud Readiness Review", "Route Security Audit"),
    ServiceCategory.IMPLEMENTATION: ("SD-WAN Rollout", "Data Centre Move", "Cloud On-ramp Set-up"),
    ServiceCategory.MANAGED_SERVICES: ("Managed Edge", "Managed Backbone", "Managed Firewall"),
    ServiceCategory.PREMIUM_SUPPORT: ("Round-the-clock Support", "Named Engineer", "Four-hour Repair"),
    ServiceCategory.TRAINING: ("Routing Workshop", "Peering Course", "Incident Drill"),
}
DIMENSIONS: Final = (("Bronze", "month"), ("Silver", "month"), ("Gold", "month"), ("Set-up", "once"), ("Day on site", "day"))
PROBLEMS: Final = (
    "The title promises more than the description.",
    "No customer reference was given.",
    "A highlight is missing.",
)
NEXT_REVISIONS: Final = (  # after a published revision; None means no change in progress
    None,
    None,
    RevisionStatus.DRAFT,
    RevisionStatus.SUBMITTED,
    RevisionStatus.APPROVED,
    RevisionStatus.REJECTED,
)


def fill(world: World) -> None:
    """Create the products in order of creation time, each with everything that belongs to it."""
    chance = world.chance("product")
    orders = _orders(world, chance)
    for at, (company, visibility) in zip(moments(chance, FIRST, LAST, len(orders)), orders, strict=True):
        category = chance.choice(list(ServiceCategory))
        others = [other for other in ServiceCategory if other != category]
        product = world.add(
            "product",
            at=at,
            company_id=company["id"],
            title=f"{company['trading_name'].split()[0]} {chance.choice(TITLES[category])}",
            kind=chance.choice([ProductKind.SERVICE, ProductKind.SERVICE, ProductKind.APPLICATION]),
            visibility=visibility,
            categories=[category, *chance.sample(others, chance.randint(0, 2))],
            created_at=at,
        )
        _revisions(world, chance, product)
        _dimensions(world, chance, product)
        _change_requests(world, chance, product)
    _test_accounts(world, chance)


def _orders(world: World, chance: Random) -> list[tuple[Row, ProductVisibility]]:
    """Return sellers and product visibilities in random order. The cast has products of every visibility."""
    orders: list[tuple[Row, ProductVisibility]] = []
    for part, count in CAST_PRODUCTS.items():
        orders += [(getattr(world.cast, part), visibility) for visibility in deck(chance, VISIBILITIES, count)]
    members = {company["id"] for company in world.cast}
    others = [row for row in world.companies(AccountKind.PARTNER, AccountKind.DIRECT) if row["id"] not in members]
    sellers = chance.sample(others, round(len(others) * SELLERS_SHARE))
    count = world.scale.products - len(orders)
    orders += zip(chance.choices(sellers, k=count), deck(chance, VISIBILITIES, count), strict=True)
    chance.shuffle(orders)
    return orders


def _revisions(world: World, chance: Random, product: Row) -> None:
    """Add the product's revisions: superseded ones, the published one, and one in review."""
    published = product["visibility"] != ProductVisibility.LIMITED or chance.random() < 0.5
    history = [RevisionStatus.SUPERSEDED] * chance.randint(0, 2) + [RevisionStatus.PUBLISHED] if published else []
    coming = chance.choice(NEXT_REVISIONS) if published else chance.choice([status for status in NEXT_REVISIONS if status])
    for number, status in enumerate([*history, *([coming] if coming else [])], start=1):
        submitted = after(product, days=40 * number, milliseconds=len(world.rows["product_revision"]))
        passed = status in {RevisionStatus.APPROVED, RevisionStatus.PUBLISHED, RevisionStatus.SUPERSEDED}
        out = status in {RevisionStatus.PUBLISHED, RevisionStatus.SUPERSEDED}
        world.add(
            "product_revision",
            at=product["created_at"],
            company_id=product["company_id"],
            product_id=product["id"],
            number=number,
            status=status,
            title=product["title"] if out else f"{product['title']} {number}",
            categories=product["categories"],
            content=_content(chance, product),
            submitted_at=None if status == RevisionStatus.DRAFT else submitted,
            approved_at=after({"created_at": submitted}, days=3) if passed else None,
            published_at=after({"created_at": submitted}, days=4) if out else None,
        )


def _content(chance: Random, product: Row) -> dict[str, Any]:
    words = product["title"].split()
    return {
        "short_description": f"{product['title']}, by people who run networks.",
        "long_description": f"{product['title']}: planned with you, done in weeks, documented. {INVENTED}",
        "highlights": chance.sample(["Fixed price", "Remote or on site", "Documented", "No lock-in"], chance.randint(1, 3)),
        "keywords": [word.lower() for word in words[1:4]],
    }


def _dimensions(world: World, chance: Random, product: Row) -> None:
    for name, unit in chance.sample(DIMENSIONS, chance.randint(1, len(DIMENSIONS))):
        world.add(
            "product_dimension",
            at=product["created_at"],
            company_id=product["company_id"],
            product_id=product["id"],
            name=name,
            description=f"{name} level of {product['title']}" if chance.random() < 0.7 else None,
            unit=unit,
        )


def _change_requests(world: World, chance: Random, product: Row) -> None:
    """Add the change request that created the product, and perhaps another one."""
    kinds = [(ChangeRequestKind.CREATE, ChangeRequestStatus.SUCCEEDED)]
    if chance.random() < 0.4:
        changes = [kind for kind in ChangeRequestKind if kind != ChangeRequestKind.CREATE]
        kinds.append((chance.choice(changes), chance.choice(list(ChangeRequestStatus))))
    for kind, status in kinds:
        failed = status == ChangeRequestStatus.FAILED
        world.add(
            "change_request",
            at=product["created_at"],
            company_id=product["company_id"],
            product_id=product["id"],
            kind=kind,
            status=status,
            title=product["title"],
            problems=chance.sample(PROBLEMS, chance.randint(1, 2)) if failed else [],
            created_at=product["created_at"],
        )


def _test_accounts(world: World, chance: Random) -> None:
    """Add test accounts of LIMITED products. The cast tests products of others and has testers for its own."""
    members = [company for company in world.cast if company is not world.cast.operator]
    companies = world.companies(AccountKind.PARTNER, AccountKind.DIRECT, AccountKind.MANAGED)
    limited = [row for row in world.rows["product"] if row["visibility"] == ProductVisibility.LIMITED]
    for number, product in enumerate(limited):
        guests = [*chance.sample(companies, chance.randint(0, 3)), members[number % len(members)]]
        for guest in {row["id"] for row in guests if row["id"] != product["company_id"]}:
            world.add("product_test_account", product_id=product["id"], company_id=guest)
