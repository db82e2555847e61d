"""Dashboards."""

from __future__ import annotations

import strawberry

from models.port import PortStatus
from resolvers import dashboard
from schema.building.fields import resolved
from schema.values import Money


@strawberry.type(description="The number of ports with one status.")
class PortsOfStatus:
    status: PortStatus = strawberry.field(description="The lifecycle status of the ports.")
    count: int = strawberry.field(description="The number of ports.")


@strawberry.type(description="The number of ports in one metropolitan area.")
class PortsInMetro:
    metro: str = strawberry.field(description="The metropolitan area.")
    count: int = strawberry.field(description="The number of ports.")


@strawberry.type(description="A summary of a company's own ports and those of the accounts it manages.")
class Dashboard:
    ports_by_status: list[PortsOfStatus] = resolved(
        dashboard.ports_by_status, "All ports, grouped by status in lifecycle order. Statuses without ports are left out."
    )
    ports_by_metro: list[PortsInMetro] = resolved(
        dashboard.ports_by_metro, "Ports that haven't ended, grouped by metropolitan area in alphabetical order."
    )
    orders_waiting: int = resolved(
        dashboard.orders_waiting, "The number of orders that aren't allocated yet or await a partner's approval."
    )
    monthly_spend: list[Money] | None = resolved(
        dashboard.monthly_spend,
        "The monthly cost of ports that are ACTIVE or DISABLED, one amount per currency.",
    )
