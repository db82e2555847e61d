"""The mutations of connection requests."""

from __future__ import annotations

import strawberry
from strawberry import ID

from resolvers.mutations import connection_request
from schema.building.inputs import optional, required
from schema.building.mutation_fields import Payload, mutation_field
from schema.connection_request import ConnectionRequest


@strawberry.input(description="A connection that is asked for.")
class RequestConnectionInput:
    port_id: ID = required(
        "The port that is to be connected: an active one of the viewer's company, or of one that it manages."
    )
    target_port_id: ID = required("The Marketplace port that it is to be connected to: a selectable one of another company.")
    name: str = required("What the connection is called. The provider reads it.")
    rate_limit_mbps: int = required("The most that it may carry, in Mbps: up to the speed of the slower port.")


@strawberry.input(description="A connection request that the provider accepts.")
class AcceptConnectionInput:
    id: ID = required("The request.")


@strawberry.input(description="A connection request that the provider denies.")
class DenyConnectionInput:
    id: ID = required("The request.")
    reason: str | None = optional("Why. Whoever has asked reads it.")


@strawberry.input(description="A connection request that is taken back.")
class WithdrawConnectionInput:
    id: ID = required("The request.")


@strawberry.interface(description="What came of something done to a connection request.")
class ConnectionRequestPayload(Payload):
    connection_request: ConnectionRequest | None = strawberry.field(default=None, description="The request as it is now.")


@strawberry.type(description="What came of asking for a connection.")
class RequestConnectionPayload(ConnectionRequestPayload):
    pass


@strawberry.type(description="What came of accepting a connection.")
class AcceptConnectionPayload(ConnectionRequestPayload):
    pass


@strawberry.type(description="What came of denying a connection.")
class DenyConnectionPayload(ConnectionRequestPayload):
    pass


@strawberry.type(description="What came of taking a request back.")
class WithdrawConnectionPayload(ConnectionRequestPayload):
    pass


@strawberry.type
class ConnectionRequestMutations:
    request_connection: RequestConnectionPayload = mutation_field(
        connection_request.request_connection,
        RequestConnectionInput,
        "Ask a provider to connect a port to one of its own. The provider is told by mail.",
    )
    accept_connection: AcceptConnectionPayload = mutation_field(
        connection_request.accept_connection,
        AcceptConnectionInput,
        "Accept a request for a connection to a port of the company, or of one that it manages. The requester is told by mail.",
    )
    deny_connection: DenyConnectionPayload = mutation_field(
        connection_request.deny_connection,
        DenyConnectionInput,
        "Deny such a request. The requester is told by mail.",
    )
    withdraw_connection: WithdrawConnectionPayload = mutation_field(
        connection_request.withdraw_connection,
        WithdrawConnectionInput,
        "Take back a request of the company, or of one that it manages, before it is answered.",
    )
