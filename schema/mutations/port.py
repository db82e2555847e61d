"""The mutations of ports."""

from __future__ import annotations

import strawberry
from strawberry import ID

from resolvers.mutations import port
from schema.building.inputs import optional, required
from schema.building.mutation_fields import Payload, mutation_field
from schema.enums import DiversityZone, PortVisibility
from schema.order_approval import OrderApproval
from schema.port import Port

WHICH = "The port."
NOW = "The port as it is now."


@strawberry.input(description="A port to be ordered.")
class OrderPortInput:
    company_id: ID | None = optional(
        "Whose it will be; the viewer's own company if left out. A partner may name one it manages."
    )
    location_id: ID = required("The data centre: one of `locations(orderable: true)`.")
    name: str = required("What its company calls it, 1 to 64 characters.")
    speed_mbps: int = required("A speed that the location offers, in Mbps.")
    term_months: int = required("The contract's term in months: 1, 12, 24, 36, 48 or 60.")
    cost_centre: str | None = optional("Where its company books it, at most 64 characters.")
    diversity_zone: DiversityZone | None = optional("The zone of the location that it shall be in; any if left out.")
    visibility: PortVisibility | None = optional("PRIVATE if left out. Managed accounts order no PUBLIC ports.")


@strawberry.type(description="What came of ordering a port: the port, or the order that waits for the partner's approval.")
class OrderPortPayload(Payload):
    port: Port | None = strawberry.field(default=None, description="The port, if it was ordered.")
    order_approval: OrderApproval | None = strawberry.field(
        default=None, description="The order that waits, if the partner has to approve it first. Nothing is ordered then."
    )


@strawberry.input(description="What is to be changed of a port. What is left out stays. The speed never changes.")
class UpdatePortInput:
    id: ID = required(WHICH)
    version: int = required("The version of the port that was read.")
    name: str | None = optional("What its company calls it, 1 to 64 characters. Its name on the Marketplace stays.")
    cost_centre: str | None = optional("Where its company books it, at most 64 characters; null for nowhere.")
    term_months: int | None = optional(
        "The term in months: 1, 12, 24, 36, 48 or 60. The port costs what that term costs today. "
        "Not for managed accounts whose orders their partner approves."
    )
    visibility: PortVisibility | None = optional("Whether the Marketplace shows it. Not for managed accounts.")


@strawberry.type(description="What came of changing a port.")
class UpdatePortPayload(Payload):
    port: Port | None = strawberry.field(default=None, description=NOW)


@strawberry.input(description="Where a port ends in its data centre, each at most 64 characters.")
class DemarcationInput:
    cage: str = required("The cage.")
    rack: str = required("The rack.")
    panel: str = required("The panel.")
    ports: str = required("The ports of the panel.")


@strawberry.input(description="A port that is given its place.")
class AllocatePortInput:
    id: ID = required(WHICH)
    demarcation: DemarcationInput = required("Its place, as the letter of authorisation says it.")


@strawberry.type(description="What came of giving a port its place.")
class AllocatePortPayload(Payload):
    port: Port | None = strawberry.field(default=None, description=NOW)


@strawberry.input(description="A port that is brought into service.")
class ActivatePortInput:
    id: ID = required(WHICH)


@strawberry.type(description="What came of bringing a port into service.")
class ActivatePortPayload(Payload):
    port: Port | None = strawberry.field(default=None, description=NOW)


@strawberry.input(description="A port that is taken out of service for a while.")
class DisablePortInput:
    id: ID = required(WHICH)


@strawberry.type(description="What came of taking a port out of service.")
class DisablePortPayload(Payload):
    port: Port | None = strawberry.field(default=None, description=NOW)


@strawberry.input(description="A port that is put into service again.")
class EnablePortInput:
    id: ID = required(WHICH)


@strawberry.type(description="What came of putting a port into service again.")
class EnablePortPayload(Payload):
    port: Port | None = strawberry.field(default=None, description=NOW)


@strawberry.input(description="A port that is not wanted any more, and was never in service.")
class CancelPortInput:
    id: ID = required(WHICH)


@strawberry.type(description="What came of cancelling a port.")
class CancelPortPayload(Payload):
    port: Port | None = strawberry.field(default=None, description=NOW)


@strawberry.input(description="A port that is not wanted any more.")
class DecommissionPortInput:
    id: ID = required(WHICH)


@strawberry.type(description="What came of decommissioning a port.")
class DecommissionPortPayload(Payload):
    port: Port | None = strawberry.field(default=None, description=NOW)


@strawberry.type
class PortMutations:
    order_port: OrderPortPayload = mutation_field(
        port.order_port,
        OrderPortInput,
        "Order a port. A managed account's order may have to wait for its partner's approval.",
    )
    update_port: UpdatePortPayload = mutation_field(
        port.update_port, UpdatePortInput, "Change a port's name, cost centre, term or visibility."
    )
    allocate_port: AllocatePortPayload = mutation_field(
        port.allocate_port,
        AllocatePortInput,
        "Give a REQUESTED port its place; from then on there is a letter of authorisation.",
    )
    activate_port: ActivatePortPayload = mutation_field(port.activate_port, ActivatePortInput, "Make an ALLOCATED port ACTIVE.")
    disable_port: DisablePortPayload = mutation_field(port.disable_port, DisablePortInput, "Make an ACTIVE port DISABLED.")
    enable_port: EnablePortPayload = mutation_field(port.enable_port, EnablePortInput, "Make a DISABLED port ACTIVE again.")
    cancel_port: CancelPortPayload = mutation_field(
        port.cancel_port, CancelPortInput, "End a port that is REQUESTED or ALLOCATED."
    )
    decommission_port: DecommissionPortPayload = mutation_field(
        port.decommission_port,
        DecommissionPortInput,
        "End a port that is ACTIVE or DISABLED and has no live connections. Requests that wait at it are closed.",
    )
