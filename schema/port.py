"""Ports."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from models.port import DiversityZone, PortStatus, PortVisibility
from resolvers import port
from schema.building.action_fields import viewer_can_field
from schema.building.connections import PAGE, Connection
from schema.building.fields import COUNT_ALL_COST, column, resolved
from schema.building.nodes import Node, of
from schema.building.page_inputs import page_arguments
from schema.building.scalars import URL
from schema.company import Company
from schema.dashboard import PortsInMetro, PortsOfStatus
from schema.location import Location
from schema.values import Money, Waiting

if TYPE_CHECKING:
    from schema.connection_request import ConnectionRequest


@strawberry.type(description="A physical port in a data centre.")
class Port(Node):
    is_type_of = of("Port")

    name: str = column("The company's name for the port. The name on the Marketplace is `marketplaceName`.")
    company: Company = resolved(port.company, "The company that owns the port.")
    location: Location = resolved(port.location, "The data centre that houses the port.")
    speed_mbps: int = column("The port speed, in Mbps. It can't be changed after ordering.")
    term_months: int = column("The contract term, in months: 1, 12, 24, 36, 48 or 60.")
    status: PortStatus = column("The lifecycle status.")
    waits_for: Waiting | None = resolved(
        port.waits_for, "Who has to act next: the operator, from the order to the activation. Null if nobody has to."
    )
    is_final: bool = resolved(port.is_final, "Whether no further step is possible: the port is DECOMMISSIONED or CANCELLED.")
    visibility: PortVisibility = column("Whether the Marketplace shows the port. The company's profile must also be public.")
    monthly_rate: Money | None = resolved(port.monthly_rate, "The recurring monthly charge.")
    setup_fee: Money | None = resolved(port.setup_fee, "The one-time setup charge.")
    cost_centre: str | None = column("The cost centre that the company books the port to.")
    diversity_zone: DiversityZone | None = column("The diversity zone that the port is in.")
    created_at: datetime = column("When the port was ordered.")
    activated_at: datetime | None = column("When the port became active.")
    marketplace_name: str | None = resolved(port.marketplace_name, "The name of the port on the Marketplace.")
    marketplace_description: str | None = column("The description of the port on the Marketplace.")
    letter_of_authorisation: URL | None = resolved(
        port.letter_of_authorisation,
        "The URL of the letter of authorisation for the data centre, as a PDF. Null unless the port is "
        "ALLOCATED, ACTIVE or DISABLED.",
    )
    version: int | None = column("The current version. Send it with the next edit.")
    connections: Connection[Annotated[ConnectionRequest, strawberry.lazy("schema.connection_request")]] = resolved(
        port.connections, "The connection requests made from this port or to it.", PAGE
    )
    viewer_can: list[str] = viewer_can_field("Port")


@strawberry.type(description="The number of ports with one speed.")
class PortsOfSpeed:
    speed_mbps: int = strawberry.field(description="The port speed, in Mbps.")
    count: int = strawberry.field(description="The number of ports.")


@strawberry.type(description="How many ports there are of each status, in each metropolitan area and of each speed.")
class PortFacets:
    total_count: int = strawberry.field(description="The number of all these ports.")
    statuses: list[PortsOfStatus] = strawberry.field(
        description="By status, in lifecycle order. Statuses without ports are left out."
    )
    metros: list[PortsInMetro] = strawberry.field(description="By metropolitan area, in alphabetical order.")
    speeds: list[PortsOfSpeed] = strawberry.field(description="By speed, the lowest first.")


@strawberry.type
class PortQueries:
    ports: Connection[Port] = resolved(
        port.ports, "The ports of the viewer's company and of the accounts it manages.", page_arguments("Port", "ports")
    )
    port_facets: PortFacets = resolved(
        port.port_facets,
        "Counts the ports of `ports`, for the choices that a page offers in its filters.",
        {"filter": page_arguments("Port", "ports")["filter"]},
        cost=COUNT_ALL_COST,
    )
