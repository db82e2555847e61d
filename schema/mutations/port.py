"""Port mutations."""

from __future__ import annotations

import strawberry
from strawberry import ID

from models.port import DiversityZone, PortVisibility
from resolvers.mutations import port
from resolvers.writing.bulk import BulkMode
from schema.building.inputs import optional, required
from schema.building.mutation_fields import MODE, RESULTS, Payload, bulk_field, mutation_field, step_mutation
from schema.order_approval import OrderApproval
from schema.port import Port

WHICH = "The port."
NOW = "The updated port."


@strawberry.input(description="Input for `orderPort`.")
class OrderPortInput:
    company_id: ID | None = optional(
        "The company that will own the port. Defaults to the viewer's company. Partners can order for companies they manage."
    )
    location_id: ID = required("The data centre: one of `locations(orderable: true)`.")
    name: str = required("The company's name for the port, from 1 to 64 characters.")
    speed_mbps: int = required("The port speed, in Mbps. The location must offer it.")
    term_months: int = required("The contract term, in months: 1, 12, 24, 36, 48 or 60.")
    cost_centre: str | None = optional("The cost centre to book the port to, at most 64 characters.")
    diversity_zone: DiversityZone | None = optional("The diversity zone for the port. If omitted, any zone can be assigned.")
    visibility: PortVisibility | None = optional(
        "The port's visibility on the Marketplace. Defaults to PRIVATE. Managed accounts can't order PUBLIC ports."
    )


@strawberry.type(description="Result of `orderPort`: the port, or the order that awaits the partner's approval.")
class OrderPortPayload(Payload):
    port: Port | None = strawberry.field(default=None, description="The ordered port. Null if the order needs approval first.")
    order_approval: OrderApproval | None = strawberry.field(
        default=None, description="The order that awaits the partner's approval. Null if the port was ordered directly."
    )


@strawberry.input(description="Input for `updatePort`. Omitted fields keep their values. The speed can't be changed.")
class UpdatePortInput:
    id: ID = required(WHICH)
    version: int = required("The version that the edit is based on.")
    name: str | None = optional(
        "The company's name for the port, from 1 to 64 characters. The name on the Marketplace isn't changed."
    )
    cost_centre: str | None = optional("The cost centre to book the port to, at most 64 characters. Null clears it.")
    term_months: int | None = optional(
        "The contract term, in months: 1, 12, 24, 36, 48 or 60. The port is repriced at today's rate for "
        "the term. Not available to managed accounts whose orders need approval."
    )
    visibility: PortVisibility | None = optional("The port's visibility on the Marketplace. Not available to managed accounts.")


@strawberry.type(description="Result of `updatePort`.")
class UpdatePortPayload(Payload):
    port: Port | None = strawberry.field(default=None, description=NOW)


@strawberry.input(description="Input for `updatePorts`.")
class UpdatePortsInput:
    ports: list[UpdatePortInput] = required("The edits, at most 100.")
    mode: BulkMode = strawberry.field(default=BulkMode.EACH, description=MODE)


@strawberry.type(description="Result of `updatePorts`.")
class UpdatePortsPayload(Payload):
    results: list[UpdatePortPayload] = strawberry.field(description=RESULTS)


@strawberry.input(description="Where a port is installed in its data centre. Each field has at most 64 characters.")
class DemarcationInput:
    cage: str = required("The cage.")
    rack: str = required("The rack.")
    panel: str = required("The panel.")
    ports: str = required("The ports of the panel.")


@strawberry.input(description="Input for `allocatePort`.")
class AllocatePortInput:
    id: ID = required(WHICH)
    demarcation: DemarcationInput = required("The port's place in the data centre, as printed in the letter of authorisation.")


@strawberry.type(description="Result of `allocatePort`.")
class AllocatePortPayload(Payload):
    port: Port | None = strawberry.field(default=None, description=NOW)


@strawberry.type
class PortMutations:
    order_port: OrderPortPayload = mutation_field(
        port.order_port,
        OrderPortInput,
        "Orders a port. A managed account's order may need its partner's approval first.",
    )
    update_port: UpdatePortPayload = mutation_field(
        port.update_port, UpdatePortInput, "Updates a port's name, cost centre, term or visibility."
    )
    update_ports: UpdatePortsPayload = bulk_field(
        port.update_ports, "ports", UpdatePortsInput, "Updates several ports, like `updatePort`."
    )
    allocate_port: AllocatePortPayload = mutation_field(
        port.allocate_port,
        AllocatePortInput,
        "Allocates a REQUESTED port to a place in its data centre. A letter of authorisation is then available.",
    )
    activate_port = step_mutation(port.activate_port, Port, "Activates an ALLOCATED port.")
    disable_port = step_mutation(port.disable_port, Port, "Disables an ACTIVE port.")
    enable_port = step_mutation(port.enable_port, Port, "Enables a DISABLED port, which becomes ACTIVE again.")
    cancel_port = step_mutation(port.cancel_port, Port, "Cancels a port that is REQUESTED or ALLOCATED.")
    decommission_port = step_mutation(
        port.decommission_port,
        Port,
        "Decommissions a port that is ACTIVE or DISABLED and has no live connections. Its pending "
        "connection requests are closed.",
    )
