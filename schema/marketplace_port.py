"""Marketplace ports."""

from __future__ import annotations

import strawberry

from resolvers import port
from schema.building.action_fields import viewer_can_field
from schema.building.connections import Connection
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.building.page_inputs import page_arguments
from schema.location import Location
from schema.marketplace_profile import MarketplaceProfile


@strawberry.type(description="A public port of a public provider, which other companies can request a connection to.")
class MarketplacePort(Node):
    is_type_of = of("MarketplacePort")

    name: str = resolved(port.announced_by_profile, 'The name on the Marketplace. Defaults to "<company> at <location>".')
    description: str | None = column("The provider's description of the port.", "marketplace_description")
    provider: MarketplaceProfile = resolved(port.provider, "The Marketplace profile of the provider.")
    location: Location = resolved(port.location, "The data centre that houses the port.")
    speed_mbps: int = column("The port speed, in Mbps.")
    selectable: bool = resolved(
        port.selectable, "Whether connections to the port can be requested now. True only while the port is ACTIVE."
    )
    viewer_can: list[str] = viewer_can_field("MarketplacePort")


@strawberry.type
class MarketplacePortQueries:
    marketplace_ports: Connection[MarketplacePort] = resolved(
        port.marketplace_ports,
        "The public ports of public providers, which can be connected to.",
        page_arguments("MarketplacePort", "Marketplace ports"),
    )
