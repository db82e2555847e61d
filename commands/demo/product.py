"""Products with dimensions and test accounts, of every visibility. Their listings come from their revisions."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from commands.demo.product_revision import add_revisions
from commands.demo.words import INVENTED, slug
from commands.demo.world import FOUNDED, OPEN_UNTIL, TODAY, Row, World, deck, moments
from models.company import AccountKind
from models.product import PlatformService, ProductKind, ProductVisibility, ServiceCategory

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
PITCHES: Final[dict[ServiceCategory, str]] = {
    ServiceCategory.ASSESSMENTS: "Two engineers look at your network for a week and tell you what to change first.",
    ServiceCategory.IMPLEMENTATION: "We plan the move with you, do it in one weekend, and stay until everything runs.",
    ServiceCategory.MANAGED_SERVICES: "We run it day and night, so that your team can work on what's next.",
    ServiceCategory.PREMIUM_SUPPORT: "You call one number, and an engineer who knows your network answers.",
    ServiceCategory.TRAINING: "Your team learns it in a lab that looks like your own network.",
}
HIGHLIGHTS: Final = ("Fixed price", "Remote or on site", "Documented results", "No minimum term")
DIMENSIONS: Final = (("Bronze", "month"), ("Silver", "month"), ("Gold", "month"), ("Set-up", "once"), ("Day on site", "day"))
UNPUBLISHED_SHARE: Final = 0.3  # of LIMITED products


def fill(world: World) -> None:
    """Create the products in order of creation time, then what belongs to them."""
    chance = world.chance("product")
    orders = _orders(world, chance)
    for number, (at, (company, visibility)) in enumerate(zip(moments(chance, FIRST, LAST, len(orders)), orders, strict=True)):
        unpublished = visibility == ProductVisibility.LIMITED and chance.random() < UNPUBLISHED_SHARE
        product = world.add(
            "product",
            at=at,
            company_id=company["id"],
            kind=chance.choice([ProductKind.SERVICE, ProductKind.SERVICE, ProductKind.APPLICATION]),
            visibility=visibility,
            published_at=None if unpublished else at + timedelta(days=9),
            removal_at=_removal(visibility),
            created_at=at,
            **_listing(world, chance, company, number),
        )
        _dimensions(world, chance, product)
    add_revisions(world, chance)
    _test_accounts(world, chance)


def _listing(world: World, chance: Random, company: Row, number: int) -> dict[str, Any]:
    """Return what a listing says, and its slug."""
    category = chance.choice(list(ServiceCategory))
    others = [other for other in ServiceCategory if other != category]
    title = f"{company['trading_name'].split()[0]} {chance.choice(TITLES[category])}"
    logo = next((row["id"] for row in world.rows["image"] if row["company_id"] == company["id"]), None)
    public = [row["id"] for row in world.rows["product"] if row["visibility"] == ProductVisibility.PUBLIC]
    return {
        "title": title,
        "slug": f"{slug(title)}-{number}",
        "summary": PITCHES[category],
        "description": f"{PITCHES[category]}\n\nYou get a plan, a named contact and a report at the end. {INVENTED}",
        "categories": [category, *chance.sample(others, chance.randint(0, 2))],
        "highlights": chance.sample(HIGHLIGHTS, chance.randint(1, 3)),
        "keywords": [word.lower() for word in title.split()[1:4]],
        "logo_id": logo,
        "supports": chance.sample(list(PlatformService), chance.randint(1, 2)),
        "related_ids": chance.sample(public, min(len(public), chance.randint(0, 2))),
        "customer_references": [row["trading_name"] for row in chance.sample(world.rows["company"], 2)],
    }


def _removal(visibility: ProductVisibility) -> Any:
    """Return when nothing keeps the product any more: in years if it's RESTRICTED."""
    if visibility == ProductVisibility.RESTRICTED:
        return OPEN_UNTIL
    return TODAY if visibility == ProductVisibility.REMOVED else None


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


def _test_accounts(world: World, chance: Random) -> None:
    """Add test accounts of published LIMITED products. The cast tests products of others and has testers for its own."""
    members = [company for company in world.cast if company is not world.cast.operator]
    companies = world.companies(AccountKind.PARTNER, AccountKind.DIRECT, AccountKind.MANAGED)
    limited = [row for row in world.rows["product"] if row["visibility"] == ProductVisibility.LIMITED and row["published_at"]]
    for number, product in enumerate(limited):
        guests = [*chance.sample(companies, chance.randint(0, 3)), members[number % len(members)]]
        for guest in {row["id"] for row in guests if row["id"] != product["company_id"]}:
            world.add("product_test_account", product_id=product["id"], company_id=guest)
