"""Ports, distributed realistically: a few companies have many ports, and most have few."""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import Any, Final, TypeAlias
from uuid import UUID

from commands.demo.world import FOUNDED, TODAY, Row, World, deck, moments
from models.company import AccountKind
from models.location import LocationStatus
from models.port import TERMS_MONTHS, DiversityZone, PortStatus, PortVisibility
from models.price import PriceKind

Offered: TypeAlias = tuple[UUID, int, int]
"""A location, a speed and a term."""
OPENED: Final = datetime(2023, 10, 2, 8, tzinfo=FOUNDED.tzinfo)  # when the first port was ordered
STATUSES: Final = {
    PortStatus.ACTIVE: 72,
    PortStatus.REQUESTED: 7,
    PortStatus.ALLOCATED: 7,
    PortStatus.DISABLED: 5,
    PortStatus.DECOMMISSIONED: 5,
    PortStatus.CANCELLED: 4,
}
UNALLOCATED: Final = {PortStatus.REQUESTED, PortStatus.CANCELLED}
ACTIVATED: Final = {PortStatus.ACTIVE, PortStatus.DISABLED, PortStatus.DECOMMISSIONED}
CAST_PORTS: Final = {"operator": 12, "partner": 32, "hidden": 16, "shown": 18, "direct": 30}
PUBLIC_SHARE: Final = 0.35
ANNOUNCED_SHARE: Final = 0.3  # of public ports: those with their own Marketplace name (R033)
ROLES: Final = ("Core", "Edge", "Backup", "Cloud", "Office", "Peering", "Storage", "Transit")


def fill(world: World) -> None:
    """Create the ports in order of their order time, each where its company can order (V12)."""
    chance = world.chance("port")
    locations, prices = _orderable_locations(world), _prices(world)
    orders = _orders(world, chance)
    for at, (company, status) in zip(moments(chance, OPENED, TODAY, len(orders)), orders, strict=True):
        location = chance.choice(locations[company["partner_id"] or company["id"]])
        _port(world, chance, prices, at, company, location, status)
    _publish_one_of_each_managed(world)


def _orders(world: World, chance: Random) -> list[tuple[Row, PortStatus]]:
    """Return companies and port statuses in random order. Each company of the cast has all statuses."""
    orders: list[tuple[Row, PortStatus]] = []
    for part, count in CAST_PORTS.items():
        orders += [(getattr(world.cast, part), status) for status in deck(chance, STATUSES, count)]
    members = {company["id"] for company in world.cast}
    others = [row for row in world.companies(*AccountKind) if row["id"] not in members]
    weights = [chance.paretovariate(1.2) for _ in others]
    count = world.scale.ports - len(orders)
    orders += zip(chance.choices(others, weights, k=count), deck(chance, STATUSES, count), strict=True)
    chance.shuffle(orders)
    return orders


def _orderable_locations(world: World) -> dict[UUID, list[Row]]:
    """Return each paying company's locations: in a market that it has or had enabled, and that are or were ACTIVE."""
    never_active = {LocationStatus.NEW, LocationStatus.DEPLOYMENT}
    markets: dict[UUID, set[str]] = {}
    for row in world.rows["billing_market"]:
        if row["enabled"] or row["company_id"] == world.cast.partner["id"]:
            markets.setdefault(row["company_id"], set()).add(row["market"])
    locations = [row for row in world.rows["location"] if row["status"] not in never_active]
    return {payer: [row for row in locations if row["market"] in enabled] for payer, enabled in markets.items()}


def _port(
    world: World,
    chance: Random,
    prices: dict[Offered, Row],
    at: datetime,
    company: Row,
    location: Row,
    status: PortStatus,
) -> None:
    speed, term = chance.choice(location["speeds_mbps"]), chance.choice(TERMS_MONTHS)
    public = company["account_kind"] != AccountKind.MANAGED and chance.random() < PUBLIC_SHARE
    role, number = chance.choice(ROLES), len(world.rows["port"]) + 1
    world.add(
        "port",
        at=at,
        company_id=company["id"],
        location_id=location["id"],
        name=f"{role} {location['name'].split()[1].rstrip(',')}-{number:05d}",
        speed_mbps=speed,
        term_months=term,
        status=status,
        visibility=PortVisibility.PUBLIC if public else PortVisibility.PRIVATE,
        cost_centre=f"CC-{chance.randint(100, 999)}" if chance.random() < 0.6 else None,
        diversity_zone=chance.choice([DiversityZone.RED, DiversityZone.BLUE, None]),
        created_at=at,
        activated_at=min(at + (TODAY - at) * 0.05, TODAY).replace(microsecond=0) if status in ACTIVATED else None,
        demarcation=_demarcation(number) if status not in UNALLOCATED else None,
        **_order_prices(chance, prices[location["id"], speed, term]),
        **_marketplace_listing(chance, role, location, public=public),
    )


def _demarcation(number: int) -> dict[str, str]:
    """Return the port's demarcation in its data centre: invented but unique."""
    first = number % 24 * 2 + 1
    place = {"cage": f"C{number % 40:02d}", "rack": f"R{number % 300:03d}", "panel": f"P{number % 9 + 1}"}
    return {**place, "ports": f"{first}/{first + 1}"}


def _prices(world: World) -> dict[Offered, Row]:
    """Return the price list for ports by location, speed and term."""
    rows = (row for row in world.rows["price"] if row["kind"] == PriceKind.PORT)
    return {(row["location_id"], row["speed_mbps"], row["term_months"]): row for row in rows}


def _order_prices(chance: Random, price: Row) -> dict[str, Any]:
    """Return a port's prices at its order. One in five has no setup fee."""
    setup_fee = 0 if chance.random() < 0.2 else price["setup_fee"]
    return {"monthly_rate": price["monthly_rate"], "setup_fee": setup_fee, "currency": price["currency"]}


def _marketplace_listing(chance: Random, role: str, location: Row, *, public: bool) -> dict[str, str | None]:
    if not public or chance.random() >= ANNOUNCED_SHARE:
        return {"marketplace_name": None, "marketplace_description": None}
    return {
        "marketplace_name": f"{role} access in {location['metro']}",
        "marketplace_description": f"Sample service at {location['name']}. Requests are answered within a day.",
    }


def _publish_one_of_each_managed(world: World) -> None:
    """Make one port of each managed company in the cast PUBLIC, as only its partner can (V1)."""
    for company in (world.cast.hidden, world.cast.shown):
        ports = (row for row in world.rows["port"] if row["company_id"] == company["id"])
        next(row for row in ports if row["status"] == PortStatus.ACTIVE)["visibility"] = PortVisibility.PUBLIC
