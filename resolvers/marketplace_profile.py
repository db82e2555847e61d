"""How marketplace profiles get their data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from resolvers.common import below, named_by
from resolvers.connection import PageOf, pages
from resolvers.record import Record
from resolvers.text import prefixes, storable
from resolvers.values import Address, address

if TYPE_CHECKING:
    from resolvers.context import Context


@dataclass(frozen=True, slots=True)
class SocialLink:
    """A link to a page on another network (R024)."""

    network: str
    url: str


async def marketplace_profile(roots: Sequence[object], context: Context, *, slug: str) -> list[Record | None]:
    """The profile of a slug, also of one that it had before (A3)."""
    found = await context.loaders.profile_of_slug(storable(slug, "slug"))
    return [found] * len(roots)


async def marketplace_profiles(roots: Sequence[object], context: Context, **arguments: Any) -> list[PageOf]:
    """All profiles that the viewer may read, or those whose name or text has words that begin as those of `search`."""
    search = arguments.pop("search", None)
    query = None if search is None else prefixes(storable(search, "search"))
    narrowed = {**(arguments.pop("filter", None) or {}), "search": query}
    return await pages(context, "MarketplaceProfile", {**arguments, "filter": narrowed}) * len(roots)


async def url(profiles: Sequence[Record], context: Context) -> list[str]:
    """The address of each profile's page, which ends with its slug (R014, A3)."""
    return [f"{context.services.public_url}/marketplace/{profile.slug}" for profile in profiles]


async def headquarters(profiles: Sequence[Record], _context: Context) -> list[Address | None]:
    """The address of each company's main site (R025)."""
    return [address(profile.headquarters) for profile in profiles]


async def social_links(profiles: Sequence[Record], _context: Context) -> list[list[SocialLink]]:
    """Each profile's links to other networks (R024)."""
    return [[SocialLink(link["network"], link["url"]) for link in profile.social_links] for profile in profiles]


async def provider_types(profiles: Sequence[Record], context: Context) -> list[list[Record]]:
    """The categories of services that each provider offers (R021)."""
    return await _by_code(profiles, context, "ProviderType", "provider_types")


async def service_types(profiles: Sequence[Record], context: Context) -> list[list[Record]]:
    """The sub-categories of services that each provider offers (R023)."""
    return await _by_code(profiles, context, "ServiceType", "service_types")


async def _by_code(profiles: Sequence[Record], context: Context, entity: str, column: str) -> list[list[Record]]:
    codes = [code for profile in profiles for code in getattr(profile, column)]
    found = dict(zip(codes, await context.loaders.rows(entity, codes, by="code"), strict=True))
    return [[row for code in getattr(profile, column) if (row := found[code])] for profile in profiles]


company: Final = named_by("Company", "company_id")
logo: Final = named_by("Image", "logo_id")
ports: Final = below("MarketplacePort", "marketplace_profile.ports", key="company_id")
