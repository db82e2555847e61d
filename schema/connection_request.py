"""Connection requests."""

from __future__ import annotations

from datetime import datetime

import strawberry

from resolvers import connection_request
from schema.building.action_fields import viewer_can_field
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.company import Company
from schema.enums import ConnectionRequestStatus
from schema.marketplace_port import MarketplacePort
from schema.port import Port


@strawberry.type(description="A customer's request to connect one of its ports to a provider's public one.")
class ConnectionRequest(Node):
    is_type_of = of("ConnectionRequest")

    name: str = column("What the customer calls the connection.")
    rate_limit_mbps: int = column("The most that it may carry, in Mbps.")
    status: ConnectionRequestStatus = column("What became of the request.")
    port: Port | None = resolved(connection_request.port, "The customer's port, if the viewer may read it.")
    target_port: MarketplacePort | None = resolved(connection_request.target_port, "The provider's port, while it is shown.")
    requester: Company | None = resolved(connection_request.requester, "The customer, if the viewer may know it.")
    provider: Company | None = resolved(connection_request.provider, "The provider, if the viewer may know it.")
    created_at: datetime = column("When it was made.")
    decided_at: datetime | None = column("When it was accepted, denied or withdrawn.")
    reason: str | None = column("Why it was denied, if the provider has said.")
    viewer_can: list[str] = viewer_can_field("ConnectionRequest")
