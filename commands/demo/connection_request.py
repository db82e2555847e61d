"""Connection requests from ACTIVE ports to public ones, in every status. The cast has both sent and received ones (V16)."""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import Final

from commands.demo.world import TODAY, Row, World, after, deck, moments
from models.connection_request import ConnectionRequestStatus
from models.marketplace_profile import ProfileVisibility
from models.port import PortStatus, PortVisibility

FIRST: Final = datetime(2025, 6, 2, 8, tzinfo=TODAY.tzinfo)
PER_PORT: Final = 0.4
CAST_REQUESTS: Final = 2  # per status and direction, for each company of the cast
STATUSES: Final = {
    ConnectionRequestStatus.ACCEPTED: 50,
    ConnectionRequestStatus.PENDING: 25,
    ConnectionRequestStatus.DENIED: 15,
    ConnectionRequestStatus.WITHDRAWN: 10,
}
RATES_MBPS: Final = (50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)


def fill(world: World) -> None:
    """Create the requests in sending order, shortly before today."""
    chance = world.chance("connection request")
    requests = _requests(world, chance)
    for at, (port, target, status) in zip(moments(chance, FIRST, TODAY, len(requests)), requests, strict=True):
        rates = [rate for rate in RATES_MBPS if rate <= min(port["speed_mbps"], target["speed_mbps"])]
        row = world.add(
            "connection_request",
            at=at,
            company_id=port["company_id"],
            port_id=port["id"],
            target_port_id=target["id"],
            name=f"{port['name'].split()[0]} link {len(requests) + chance.randrange(10_000)}",
            rate_limit_mbps=chance.choice(rates),
            status=status,
            created_at=at,
        )
        row["decided_at"] = None if status == ConnectionRequestStatus.PENDING else after(row, hours=chance.randint(1, 72))


def _requests(world: World, chance: Random) -> list[tuple[Row, Row, ConnectionRequestStatus]]:
    public_companies = {
        row["company_id"] for row in world.rows["marketplace_profile"] if row["visibility"] == ProfileVisibility.PUBLIC
    }
    sources = [row for row in world.rows["port"] if row["status"] == PortStatus.ACTIVE]
    targets = [row for row in sources if row["visibility"] == PortVisibility.PUBLIC and row["company_id"] in public_companies]
    pairs = []
    for company in world.cast:
        own = [row for row in sources if row["company_id"] == company["id"]]
        reached = [row for row in targets if row["company_id"] == company["id"]]
        for status in list(ConnectionRequestStatus) * CAST_REQUESTS:
            pairs.append((*_pair(chance, own, targets), status))
            if reached:
                pairs.append((*_pair(chance, sources, reached), status))
    count = round(world.scale.ports * PER_PORT) - len(pairs)
    pairs += [(*_pair(chance, sources, targets), status) for status in deck(chance, STATUSES, count)]
    chance.shuffle(pairs)
    return pairs


def _pair(chance: Random, sources: list[Row], targets: list[Row]) -> tuple[Row, Row]:
    """Return a port and a target port of another company."""
    while (source := chance.choice(sources))["company_id"] == (target := chance.choice(targets))["company_id"]:
        continue
    return source, target
