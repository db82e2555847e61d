"""Connection requests."""

from __future__ import annotations

from datetime import datetime

import strawberry

from models.connection_request import ConnectionRequestStatus
from resolvers import connection_request
from schema.building.action_fields import viewer_can_field
from schema.building.connections import Connection
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.building.page_inputs import page_arguments
from schema.company import Company
from schema.marketplace_port import MarketplacePort
from schema.port import Port
from schema.values import Waiting


@strawberry.type(description="A customer's request to connect one of its ports to a provider's public port.")
class ConnectionRequest(Node):
    is_type_of = of("ConnectionRequest")

    name: str = column("The customer's name for the connection.")
    rate_limit_mbps: int = column("The maximum bandwidth of the connection, in Mbps.")
    status: ConnectionRequestStatus = column("The status of the request.")
    waits_for: Waiting | None = resolved(
        connection_request.waits_for, "Who has to act next: the provider, while the request is PENDING. Null if nobody has to."
    )
    is_final: bool = resolved(
        connection_request.is_final, "Whether no further step is possible: the request was accepted, denied or withdrawn."
    )
    port: Port | None = resolved(connection_request.port, "The customer's port. Null if the viewer can't see it.")
    target_port: MarketplacePort | None = resolved(
        connection_request.target_port, "The provider's port. Null if the Marketplace doesn't show it."
    )
    requester: Company | None = resolved(
        connection_request.requester, "The company that made the request. Null if the viewer can't see it."
    )
    provider: Company | None = resolved(
        connection_request.provider, "The company that owns the target port. Null if the viewer can't see it."
    )
    created_at: datetime = column("When the request was made.")
    decided_at: datetime | None = column("When the request was accepted, denied or withdrawn.")
    reason: str | None = column("The provider's reason for denying the request, if it gave one.")
    viewer_can: list[str] = viewer_can_field("ConnectionRequest")


@strawberry.type
class ConnectionRequestQueries:
    connection_requests: Connection[ConnectionRequest] = resolved(
        connection_request.connection_requests,
        "The connection requests that the viewer's company, or an account that it manages, made or received.",
        page_arguments("ConnectionRequest", "connection requests"),
    )
