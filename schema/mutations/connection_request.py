"""Connection request mutations."""

from __future__ import annotations

import strawberry
from strawberry import ID

from resolvers.mutations import connection_request
from schema.building.inputs import optional, required
from schema.building.mutation_fields import Payload, mutation_field
from schema.connection_request import ConnectionRequest


@strawberry.input(description="Input for `requestConnection`.")
class RequestConnectionInput:
    port_id: ID = required("The port to connect: an ACTIVE port of the viewer's company or of a company it manages.")
    target_port_id: ID = required("The Marketplace port to connect to: a selectable port of another company.")
    name: str = required("The name of the connection. The provider can see it.")
    rate_limit_mbps: int = required("The maximum bandwidth, in Mbps. It can't exceed the speed of the slower port.")


@strawberry.input(description="Input for `acceptConnection`.")
class AcceptConnectionInput:
    id: ID = required("The connection request.")


@strawberry.input(description="Input for `denyConnection`.")
class DenyConnectionInput:
    id: ID = required("The connection request.")
    reason: str | None = optional("The reason for denying the request. The requester can see it.")


@strawberry.input(description="Input for `withdrawConnection`.")
class WithdrawConnectionInput:
    id: ID = required("The connection request.")


@strawberry.interface(description="Result of a mutation of a connection request.")
class ConnectionRequestPayload(Payload):
    connection_request: ConnectionRequest | None = strawberry.field(
        default=None, description="The new or updated connection request."
    )


@strawberry.type(description="Result of `requestConnection`.")
class RequestConnectionPayload(ConnectionRequestPayload):
    pass


@strawberry.type(description="Result of `acceptConnection`.")
class AcceptConnectionPayload(ConnectionRequestPayload):
    pass


@strawberry.type(description="Result of `denyConnection`.")
class DenyConnectionPayload(ConnectionRequestPayload):
    pass


@strawberry.type(description="Result of `withdrawConnection`.")
class WithdrawConnectionPayload(ConnectionRequestPayload):
    pass


@strawberry.type
class ConnectionRequestMutations:
    request_connection: RequestConnectionPayload = mutation_field(
        connection_request.request_connection,
        RequestConnectionInput,
        "Requests a connection from a port to a provider's port. The provider is notified by email.",
    )
    accept_connection: AcceptConnectionPayload = mutation_field(
        connection_request.accept_connection,
        AcceptConnectionInput,
        "Accepts a request to connect to a port of the viewer's company or of a company it manages. The "
        "requester is notified by email.",
    )
    deny_connection: DenyConnectionPayload = mutation_field(
        connection_request.deny_connection,
        DenyConnectionInput,
        "Denies a request to connect to a port of the viewer's company or of a company it manages. The "
        "requester is notified by email.",
    )
    withdraw_connection: WithdrawConnectionPayload = mutation_field(
        connection_request.withdraw_connection,
        WithdrawConnectionInput,
        "Withdraws a pending request of the viewer's company or of a company it manages.",
    )
