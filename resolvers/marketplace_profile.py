"""How marketplace profiles get their data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from resolvers.batch import Made, needs
from resolvers.common import Below, Everything, NamedBy, NamedIn, Narrowed
from resolvers.record import Record
from resolvers.text import searchable, storable
from resolvers.values import address

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


def _searched(arguments: dict[str, Any]) -> Narrowed:
    """All profiles, or those whose name or text has the words of `search`, or words that begin so, or nearly so."""
    search = arguments.pop("search", None)
    query = None if search is None else searchable(storable(search, "search"))
    narrowed = {**(arguments.pop("filter", None) or {}), "search": query}
    return {**arguments, "filter": narrowed}, ("read",)


@needs("slug")
async def url(profiles: Sequence[Record], context: Context) -> list[str]:
    """The address of each profile's page, which ends with its slug (R014, A3)."""
    return [f"{context.services.public_url}/marketplace/{profile.slug}" for profile in profiles]


def links(stored: Sequence[Mapping[str, str]]) -> list[SocialLink]:
    """A profile's links to other networks, as they are stored (R024)."""
    return [SocialLink(link["network"], link["url"]) for link in stored]


marketplace_profiles: Final = Everything("MarketplaceProfile", _searched)
headquarters: Final = Made(address, ("headquarters",))
social_links: Final = Made(links, ("social_links",))
provider_types: Final = NamedIn("ProviderType", "provider_types", by="code")  # R021
service_types: Final = NamedIn("ServiceType", "service_types", by="code")  # R023
company: Final = NamedBy("Company", "company_id")
logo: Final = NamedBy("Image", "logo_id")
ports: Final = Below("MarketplacePort", "marketplace_profile.ports", key="company_id")
