"""Dashboards."""

from __future__ import annotations

import strawberry

from resolvers import dashboard
from schema.building.fields import resolved
from schema.enums import PortStatus
from schema.values import Money


@strawberry.type(description="How many ports there are of one status.")
class PortsOfStatus:
    status: PortStatus = strawberry.field(description="Where they stand.")
    count: int = strawberry.field(description="How many there are.")


@strawberry.type(description="How many ports there are in one metropolitan area.")
class PortsInMetro:
    metro: str = strawberry.field(description="The metropolitan area.")
    count: int = strawberry.field(description="How many there are.")


@strawberry.type(description="What a company has at a glance: its own ports and those of the accounts that it manages.")
class Dashboard:
    ports_by_status: list[PortsOfStatus] = resolved(
        dashboard.ports_by_status, "All its ports, in the order of their lifecycle; a status that none has is left out."
    )
    ports_by_metro: list[PortsInMetro] = resolved(
        dashboard.ports_by_metro, "Its ports by place and name of the place, without those that ended."
    )
    orders_waiting: int = resolved(
        dashboard.orders_waiting, "How many ports are ordered and not allocated yet, or wait for a partner's approval."
    )
    monthly_spend: list[Money] | None = resolved(
        dashboard.monthly_spend,
        "What its ports cost per month while they are ACTIVE or DISABLED, in each currency.",
    )
