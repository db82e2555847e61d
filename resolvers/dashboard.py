"""Resolvers of dashboards. One statement counts the ports of all dashboards in a request, limited to ports that the viewer can read.

A second statement counts pending order approvals, only if `ordersWaiting` is requested.
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
PENDING_APPROVALS: Final = {"filter": {"status": OrderApprovalStatus.PENDING}}


@dataclass(frozen=True, slots=True)
class PortsOfStatus:
    """The number of ports with a status."""

    status: PortStatus
    count: int


@dataclass(frozen=True, slots=True)
class PortsInMetro:
    """The number of ports in a metro."""

    metro: str
    count: int


@reads_columns("id")
async def ports_by_status(dashboards: Sequence[Record], context: Context) -> list[list[PortsOfStatus]]:
    """Count each dashboard's ports by status."""

    def aggregate(groups: Sequence[Any]) -> list[PortsOfStatus]:
        counts = _counts(groups, "status")
        return [PortsOfStatus(status, counts[status]) for status in STATUSES if status in counts]

    return await _aggregate_each(dashboards, context, aggregate)


@reads_columns("id")
async def ports_by_metro(dashboards: Sequence[Record], context: Context) -> list[list[PortsInMetro]]:
    """Count each dashboard's ports that haven't ended, by metro."""

    def aggregate(groups: Sequence[Any]) -> list[PortsInMetro]:
        current = (group for group in groups if group.status not in ENDED and group.location_metro is not None)
        counts = _counts(current, "location_metro")
        return [PortsInMetro(metro, counts[metro]) for metro in sorted(counts)]

    return await _aggregate_each(dashboards, context, aggregate)


@reads_columns("id")
async def orders_waiting(dashboards: Sequence[Record], context: Context) -> list[int]:
    """Count each dashboard's waiting orders: those to be allocated by the operator or approved by a partner (V13)."""
    requested_ports = _aggregate_each(dashboards, context, lambda groups: _counts(groups, "status")[PortStatus.REQUESTED])
    page_request = parse_page_request(context, "OrderApproval", PENDING_APPROVALS, "dashboard.order_approvals")
    keys = [dashboard.id for dashboard in dashboards]
    requested, undecided = await asyncio.gather(requested_ports, context.loaders.count(page_request, keys))
    return [number + undecided[key] for number, key in zip(requested, keys, strict=True)]


@reads_columns("id")
async def monthly_spend(dashboards: Sequence[Record], context: Context) -> list[list[Money | None]]:
    """Add up the monthly rates of each dashboard's charged ports, by currency."""

    def aggregate(groups: Sequence[Any]) -> list[Money | None]:
        return totals((group for group in groups if group.status in CHARGED), "monthly_rate")

    return await _aggregate_each(dashboards, context, aggregate)


async def _aggregate_each(
    dashboards: Sequence[Record], context: Context, aggregate: Callable[[Sequence[Any]], Any]
) -> list[Any]:
    """Apply `aggregate` to each dashboard's groups of ports."""
    return [aggregate(groups) for groups in await context.loaders.ports_of([dashboard.id for dashboard in dashboards])]


def _counts(groups: Iterable[Any], by: str) -> Counter[Any]:
    """Count the ports in the groups, by the value of a column."""
    counts: Counter[Any] = Counter()
    for group in groups:
        counts[getattr(group, by)] += group.count
    return counts
