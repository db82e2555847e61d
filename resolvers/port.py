"""How ports and marketplace ports get their data."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR
from typing import TYPE_CHECKING, Any, Final

from models.port import PortStatus
from resolvers.common import below, named_by
from resolvers.connection import PageOf, pages
from resolvers.file import url_of
from resolvers.letter import is_authorised
from resolvers.money import Money, minor_units, money
from resolvers.record import Record

if TYPE_CHECKING:
    from resolvers.context import Context


async def ports(roots: Sequence[object], context: Context, **arguments: Any) -> list[PageOf]:
    """All ports that the viewer may read."""
    return await pages(context, "Port", _narrowed(arguments)) * len(roots)


async def marketplace_ports(roots: Sequence[object], context: Context, **arguments: Any) -> list[PageOf]:
    """All public ports of public providers: what may be connected to (R028, R029)."""
    return await pages(context, "MarketplacePort", _narrowed(arguments)) * len(roots)


async def monthly_rate(ports: Sequence[Record], _context: Context) -> list[Money | None]:
    """What each port costs per month."""
    return [money(port.monthly_rate, port.currency) for port in ports]


async def setup_fee(ports: Sequence[Record], _context: Context) -> list[Money | None]:
    """What each port costs once."""
    return [money(port.setup_fee, port.currency) for port in ports]


async def marketplace_name(ports: Sequence[Record], context: Context) -> list[str | None]:
    """How the Marketplace announces each port: its own name there, else "<company> at <location>" (R032-R034, A6)."""
    profiles = await context.loaders.rows("MarketplaceProfile", [port.company_id for port in ports], by="company_id")
    companies = await context.loaders.rows("Company", [port.company_id for port in ports])
    locations = await context.loaders.rows("Location", [port.location_id for port in ports])
    return [_announced(*facts) for facts in zip(ports, profiles, companies, locations, strict=True)]


def _announced(port: Record, profile: Record | None, company: Record | None, location: Record | None) -> str | None:
    if port.marketplace_name is not None:
        return str(port.marketplace_name)
    if company is None or location is None:
        return None
    return f"{profile.company_name if profile else company.trading_name} at {location.name}"


async def marketplace_description(ports: Sequence[Record], _context: Context) -> list[str | None]:
    """What the provider says of each port (R033)."""
    return [port.marketplace_description for port in ports]


async def letter_of_authorisation(ports: Sequence[Record], context: Context) -> list[str | None]:
    """Where each port's letter of authorisation is downloaded, None before it is allocated and after it has ended (R433, A44)."""
    return [url_of("Port", port.id, context) if is_authorised(port) else None for port in ports]


async def selectable(ports: Sequence[Record], _context: Context) -> list[bool]:
    """Whether a connection to each port may be requested: only to an active one (R435)."""
    return [port.status == PortStatus.ACTIVE for port in ports]


def _narrowed(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments with a range of money as bounds in minor units."""
    asked = dict(arguments.get("filter") or {})
    bounds = asked.pop("monthly_rate", None)
    if bounds is not None:
        currency = asked["currency"] = bounds["currency"]
        for name, rounding in (("at_least", ROUND_CEILING), ("at_most", ROUND_FLOOR)):
            if name in bounds:
                asked[f"monthly_rate_{name}"] = minor_units(bounds[name], currency, rounding)
    return {**arguments, "filter": asked}


company: Final = named_by("Company", "company_id")
location: Final = named_by("Location", "location_id")
connections: Final = below("ConnectionRequest", "port.connections")


async def provider(ports: Sequence[Record], context: Context) -> list[Record | None]:
    """The profile that each port is shown on, which is public because the port is (A7)."""
    return await context.loaders.rows("MarketplaceProfile", [port.company_id for port in ports], by="company_id")
