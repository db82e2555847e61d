"""Locations."""

from __future__ import annotations

import strawberry

from schema.building.action_fields import viewer_can_field
from schema.building.fields import column
from schema.building.nodes import Node, of
from schema.enums import LocationStatus


@strawberry.type(description="A data centre where ports are ordered.")
class Location(Node):
    is_type_of = of("Location")

    name: str = column("What the data centre is called.")
    metro: str = column("The metropolitan area.")
    country: str = column("ISO 3166-1 alpha-2 code.")
    market: str = column("The billing market's code, UK and not GB.")
    status: LocationStatus = column("Where it stands; ports are ordered in ACTIVE ones only.")
    latitude: float = column("Degrees, of the metro's centre.")
    longitude: float = column("Degrees, of the metro's centre.")
    speeds_mbps: list[int] = column("The port speeds that are offered there, in Mbps.")
    viewer_can: list[str] = viewer_can_field("Location")
