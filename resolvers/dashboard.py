"""How dashboards get their data: one statement tallies the ports of all dashboards of a request that the viewer may read.

Another one counts the order approvals that wait, and only where the orders that wait are asked for.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from models.order_approval import OrderApprovalStatus
from models.port import CHARGED, ENDED, PortStatus
from resolvers.reading.batching import reads_columns
from resolvers.reading.page_requests import parse_page_request
from resolvers.reading.records import Record
from resolvers.values.money import Money, totals

if TYPE_CHECKING:
    from resolvers.context import Context

STATUSES: Final = tuple(PortStatus)  # in the order of their lifecycle
UNDECIDED: Final = {"filter": {"status": OrderApprovalStatus.PENDING}}


@dataclass(frozen=True, slots=True)
class PortsOfStatus:
    """How many ports have a status."""

    status: PortStatus
    count: int


@dataclass(frozen=True, slots=True)
class PortsInMetro:
    """How many ports there are in a metro."""

    metro: str
    count: int


@reads_columns("id")
async def ports_by_status(dashboards: Sequence[Record], context: Context) -> list[list[PortsOfStatus]]:
    """The ports of each dashboard by status."""

    def of(groups: Sequence[Any]) -> list[PortsOfStatus]:
        counts = _counts(groups, "status")
        return [PortsOfStatus(status, counts[status]) for status in STATUSES if status in counts]

    return await _each(dashboards, context, of)


@reads_columns("id")
async def ports_by_metro(dashboards: Sequence[Record], context: Context) -> list[list[PortsInMetro]]:
    """The ports of each dashboard that have not ended, by metro."""

    def of(groups: Sequence[Any]) -> list[PortsInMetro]:
        placed = (group for group in groups if group.status not in ENDED and group.location_metro is not None)
        counts = _counts(placed, "location_metro")
        return [PortsInMetro(metro, counts[metro]) for metro in sorted(counts)]

    return await _each(dashboards, context, of)


@reads_columns("id")
async def orders_waiting(dashboards: Sequence[Record], context: Context) -> list[int]:
    """How many orders of each dashboard wait: for the operator to allocate a port, or for a partner's approval (V13)."""
    ordered = _each(dashboards, context, lambda groups: _counts(groups, "status")[PortStatus.REQUESTED])
    asked = parse_page_request(context, "OrderApproval", UNDECIDED, "dashboard.order_approvals")
    keys = [dashboard.id for dashboard in dashboards]
    requested, undecided = await asyncio.gather(ordered, context.loaders.count(asked, keys))
    return [number + undecided[key] for number, key in zip(requested, keys, strict=True)]


@reads_columns("id")
async def monthly_spend(dashboards: Sequence[Record], context: Context) -> list[list[Money | None]]:
    """What the ports of each dashboard cost per month, by currency."""

    def of(groups: Sequence[Any]) -> list[Money | None]:
        return totals((group for group in groups if group.status in CHARGED), "monthly_rate")

    return await _each(dashboards, context, of)


async def _each(dashboards: Sequence[Record], context: Context, of: Callable[[Sequence[Any]], Any]) -> list[Any]:
    """What is made of the groups of ports of each dashboard."""
    return [of(groups) for groups in await context.loaders.ports_of([dashboard.id for dashboard in dashboards])]


def _counts(groups: Iterable[Any], by: str) -> Counter[Any]:
    """How many ports the groups have, for each value of a column."""
    counts: Counter[Any] = Counter()
    for group in groups:
        counts[getattr(group, by)] += group.count
    return counts
