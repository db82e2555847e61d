"""Resolvers of ports and Marketplace ports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from models.port import LIFECYCLE, PortStatus
from resolvers.dashboard import PortsInMetro, PortsOfStatus
from resolvers.files.letter import is_authorised
from resolvers.files.urls import url_of
from resolvers.reading import lifecycles
from resolvers.reading.batching import Computed, reads_columns
from resolvers.reading.field_sources import (
    ChildConnection,
    ComputedWithFallback,
    RelatedColumn,
    RootConnection,
    ToOne,
)
from resolvers.reading.page_requests import parse_page_request, require_visible
from resolvers.reading.records import Record
from resolvers.values.money import money

if TYPE_CHECKING:
    from resolvers.context import Context


def announced(own: str | None, profile: str | None, company: str | None, location: str | None) -> str | None:
    """Return a port's name in the Marketplace: its own, or "<company> at <location>" (R032-R034, A6)."""
    if own is not None:
        return own
    name = company if profile is None else profile
    return None if name is None or location is None else f"{name} at {location}"


@dataclass(frozen=True, slots=True)
class PortsOfSpeed:
    """The number of ports with a speed."""

    speed_mbps: int
    count: int


@dataclass(frozen=True, slots=True)
class PortFacets:
    """How many ports there are of each status, in each metro and of each speed."""

    total_count: int
    statuses: list[PortsOfStatus]
    metros: list[PortsInMetro]
    speeds: list[PortsOfSpeed]


async def port_facets(roots: Sequence[object], context: Context, **arguments: Any) -> list[PortFacets]:
    """Count the ports that the viewer can read and that match the filter. Every viewer of a port sees what it's counted by."""
    for field in ("status", "location", "speed_mbps"):
        require_visible(context, "Port", field)
    request = parse_page_request(context, "Port", arguments, None)
    total, (statuses, metros, speeds) = await context.loaders.facets(request, ("status", "metro", "speed_mbps"))
    facets = PortFacets(
        total,
        [PortsOfStatus(status, statuses[status]) for status in PortStatus if status in statuses],
        [PortsInMetro(metro, metros[metro]) for metro in sorted(metros)],
        [PortsOfSpeed(speed, speeds[speed]) for speed in sorted(speeds)],
    )
    return [facets] * len(roots)


@reads_columns("id", "status", "demarcation")
async def letter_of_authorisation(ports: Sequence[Record], context: Context) -> list[str | None]:
    """Return the URL of each port's letter of authorisation, or None before allocation and after its end (R433, A44)."""
    return [url_of("Port", port.id, context) if is_authorised(port) else None for port in ports]


def is_selectable(status: str) -> bool:
    """Return True if a connection to the port can be requested, which must be active (R435)."""
    return status == PortStatus.ACTIVE


ports: Final = RootConnection("Port")
marketplace_ports: Final = RootConnection("MarketplacePort")  # R028, R029
waits_for: Final = lifecycles.waits_for(LIFECYCLE)
is_final: Final = lifecycles.is_final(LIFECYCLE)
monthly_rate: Final = Computed(money, ("monthly_rate", "currency"))
setup_fee: Final = Computed(money, ("setup_fee", "currency"))
PROFILE: Final = ToOne("MarketplaceProfile", "company_id", by="company_id")
company: Final = ToOne("Company", "company_id")
location: Final = ToOne("Location", "location_id")
provider: Final = PROFILE  # public because the port is (A7)
marketplace_name: Final = ComputedWithFallback(
    announced,
    "marketplace_name",
    (RelatedColumn(PROFILE, "company_name"), RelatedColumn(company, "trading_name"), RelatedColumn(location, "name")),
)
announced_by_profile: Final = ComputedWithFallback(
    lambda own, profile, location: announced(own, profile, None, location),
    "marketplace_name",
    (RelatedColumn(PROFILE, "company_name"), RelatedColumn(location, "name")),
)
selectable: Final = Computed(is_selectable, ("status",))
connections: Final = ChildConnection("ConnectionRequest", "port.connections")
