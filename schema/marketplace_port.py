"""Marketplace ports."""

from __future__ import annotations

import strawberry

from resolvers import port
from schema.building.action_fields import viewer_can_field
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.location import Location
from schema.marketplace_profile import MarketplaceProfile


@strawberry.type(description="A public port of a public provider: what others may ask to connect to.")
class MarketplacePort(Node):
    is_type_of = of("MarketplacePort")

    name: str = resolved(
        port.announced_by_profile, 'Its name on the Marketplace, "<company> at <location>" if it has no other.'
    )
    description: str | None = column("What the provider says of it.", "marketplace_description")
    provider: MarketplaceProfile = resolved(port.provider, "The profile that shows it.")
    location: Location = resolved(port.location, "The data centre where it is.")
    speed_mbps: int = column("Speed in Mbps.")
    selectable: bool = resolved(port.selectable, "Whether it can be connected to now: only while it is active.")
    viewer_can: list[str] = viewer_can_field("MarketplacePort")
