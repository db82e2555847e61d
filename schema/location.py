"""Locations."""

from __future__ import annotations

import strawberry

from models.location import LocationStatus
from resolvers import location
from schema.building.action_fields import viewer_can_field
from schema.building.connections import Connection
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.building.page_inputs import page_arguments


@strawberry.type(description="A data centre where ports can be ordered.")
class Location(Node):
    is_type_of = of("Location")

    name: str = column("The name of the data centre.")
    metro: str = column("The metropolitan area.")
    country: str = column("The country, as an ISO 3166-1 alpha-2 code.")
    market: str = column("The code of the billing market. The United Kingdom is `UK`, not `GB`.")
    status: LocationStatus = column("The status of the location. Ports can be ordered only in ACTIVE locations.")
    latitude: float = column("The latitude of the metropolitan area's centre, in degrees.")
    longitude: float = column("The longitude of the metropolitan area's centre, in degrees.")
    speeds_mbps: list[int] = column("The port speeds on offer, in Mbps.")
    viewer_can: list[str] = viewer_can_field("Location")


@strawberry.type
class LocationQueries:
    locations: Connection[Location] = resolved(
        location.locations,
        "The data centres in the network.",
        {
            **page_arguments("Location", "locations"),
            "orderable": (bool | None, "If true, returns only locations where the viewer can order a port."),
        },
    )
