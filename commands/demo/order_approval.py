"""Orders of managed accounts that need their partner's approval, in every status for the cast (V13)."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

from choices import MemberRole
from commands.demo.world import OPEN_UNTIL, TODAY, Row, World
from models.company import AccountKind
from models.order_approval import OrderApprovalStatus
from models.port import PortStatus

DAYS: Final = 14  # until an order expires
CAST_ORDERS: Final = {"hidden": 3, "shown": 1}  # per status
ASKING: Final = {MemberRole.ACCOUNT_ADMIN, MemberRole.NETWORK_ADMIN}
DECIDING: Final = {MemberRole.ACCOUNT_ADMIN, MemberRole.FINANCE}
COMMENTS: Final = {
    OrderApprovalStatus.APPROVED: (None, "Agreed.", "Fine, but please use the red zone next time."),
    OrderApprovalStatus.REJECTED: ("Not in this quarter.", "There is a port with room in the same metro."),
}
COPIED: Final = (
    *("company_id", "location_id", "name", "speed_mbps", "term_months", "monthly_rate", "setup_fee", "currency"),
    *("cost_centre", "diversity_zone"),
)


def fill(world: World) -> None:
    """Create the orders in the order of their requests, each modelled on a port of its company."""
    chance = world.chance("order approval")
    people = _people(world)
    orders = [_order(chance, people, *planned) for planned in _planned(world, chance)]
    for order in sorted(orders, key=lambda order: order["created_at"]):
        world.add("order_approval", at=order["created_at"], **order)


def _planned(world: World, chance: Random) -> list[tuple[Row, Row, OrderApprovalStatus]]:
    """Return companies, each with the port that its order resembles or created, and a status."""
    ports: dict[UUID, list[Row]] = defaultdict(list)
    for port in world.rows["port"]:
        if port["status"] != PortStatus.CANCELLED:
            ports[port["company_id"]].append(port)
    plans = []
    for number, company in enumerate(world.companies(AccountKind.MANAGED)):
        statuses = [list(OrderApprovalStatus)[number % len(OrderApprovalStatus)]]
        for part, times in CAST_ORDERS.items():
            if company is getattr(world.cast, part):
                statuses = list(OrderApprovalStatus) * times
        like = chance.sample(ports[company["id"]], min(len(statuses), len(ports[company["id"]])))
        plans += [(company, port, status) for port, status in zip(like, statuses, strict=False)]
    return plans


def _people(world: World) -> dict[UUID, list[tuple[UUID, set[str]]]]:
    """Return each company's members with their roles."""
    people: dict[UUID, list[tuple[UUID, set[str]]]] = defaultdict(list)
    for row in world.rows["membership"]:
        people[row["company_id"]].append((row["user_id"], set(row["roles"])))
    return people


def _order(
    chance: Random,
    people: dict[UUID, list[tuple[UUID, set[str]]]],
    company: Row,
    port: Row,
    status: OrderApprovalStatus,
) -> Row:
    asking = _one_of(chance, people[company["id"]], ASKING)
    deciding = {
        OrderApprovalStatus.WITHDRAWN: asking,
        OrderApprovalStatus.APPROVED: _one_of(chance, people[company["partner_id"]], DECIDING),
        OrderApprovalStatus.REJECTED: _one_of(chance, people[company["partner_id"]], DECIDING),
    }
    approved = status == OrderApprovalStatus.APPROVED
    return {
        **{name: port[name] for name in COPIED},
        **({} if approved else {"name": f"{port['name'].rpartition('-')[0]}-{chance.randrange(90_000, 100_000)}"}),
        "status": status,
        "requested_by": asking,
        "decided_by": deciding.get(status),
        "comment": chance.choice(COMMENTS.get(status, (None,))),
        "port_id": port["id"] if approved else None,
        **_times(chance, port, status),
    }


def _one_of(chance: Random, members: list[tuple[UUID, set[str]]], roles: set[MemberRole]) -> UUID:
    """Return a member with one of the roles. Every company has an administrator (V10)."""
    return chance.choice([user for user, held in members if held & roles])


def _times(chance: Random, port: Row, status: OrderApprovalStatus) -> dict[str, Any]:
    """Return the times of request and decision: just before the port's order if approved, else recently."""
    days = chance.randint(20, 300)
    at: datetime = port["created_at"] if status == OrderApprovalStatus.APPROVED else TODAY - timedelta(days=days)
    requested = at - timedelta(hours=chance.randint(1, 24 * (DAYS - 1)))
    if status == OrderApprovalStatus.PENDING:
        return {"created_at": TODAY - timedelta(hours=days), "decided_at": None, "expires_at": OPEN_UNTIL}
    expires = requested + timedelta(days=DAYS)
    return {
        "created_at": requested,
        "decided_at": expires if status == OrderApprovalStatus.EXPIRED else at,
        "expires_at": expires,
    }
