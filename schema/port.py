"""Ports."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from resolvers import port
from schema.building.action_fields import viewer_can_field
from schema.building.connections import PAGE, Connection
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.building.scalars import URL
from schema.company import Company
from schema.enums import DiversityZone, PortStatus, PortVisibility
from schema.location import Location
from schema.values import Money

if TYPE_CHECKING:
    from schema.connection_request import ConnectionRequest


@strawberry.type(description="A physical port in a data centre.")
class Port(Node):
    is_type_of = of("Port")

    name: str = column("What its company calls it; the Marketplace has a name of its own.")
    company: Company = resolved(port.company, "Whose it is.")
    location: Location = resolved(port.location, "The data centre where it is.")
    speed_mbps: int = column("Speed in Mbps, fixed once ordered.")
    term_months: int = column("The contract's term in months: 1, 12, 24, 36, 48 or 60.")
    status: PortStatus = column("Where it stands.")
    visibility: PortVisibility = column("Whether the Marketplace shows it while its company's profile is public.")
    monthly_rate: Money | None = resolved(port.monthly_rate, "Recurring charge per month.")
    setup_fee: Money | None = resolved(port.setup_fee, "Charge for setting it up, once.")
    cost_centre: str | None = column("Where its company books it.")
    diversity_zone: DiversityZone | None = column("The zone of the location that it is in.")
    created_at: datetime = column("When it was ordered.")
    activated_at: datetime | None = column("When it became active.")
    marketplace_name: str | None = resolved(port.marketplace_name, "How the Marketplace announces it.")
    marketplace_description: str | None = column("What the Marketplace says of it.")
    letter_of_authorisation: URL | None = resolved(
        port.letter_of_authorisation, "The letter for its data centre, as PDF, while the port is ALLOCATED, ACTIVE or DISABLED."
    )
    version: int | None = column("How often it was changed, to be sent with the next change.")
    connections: Connection[Annotated[ConnectionRequest, strawberry.lazy("schema.connection_request")]] = resolved(
        port.connections, "The requests to connect it, or to connect to it.", PAGE
    )
    viewer_can: list[str] = viewer_can_field("Port")
