"""Resolvers of Marketplace profiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from resolvers.reading.batching import Computed, reads_columns
from resolvers.reading.field_sources import ChildConnection, RootConnection, ToManyByArray, ToOne, with_search
from resolvers.reading.records import Record
from resolvers.values.address import address
from resolvers.values.text import storable

if TYPE_CHECKING:
    from resolvers.context import Context


@dataclass(frozen=True, slots=True)
class SocialLink:
    """A link to a page on another network (R024)."""

    network: str
    url: str


async def marketplace_profile(roots: Sequence[object], context: Context, *, slug: str) -> list[Record | None]:
    """Return the profile with this slug, or formerly with it (A3)."""
    profile = await context.loaders.row_of_slug("MarketplaceProfile", storable(slug, "slug"))
    return [profile] * len(roots)


async def catalogue(roots: Sequence[object], context: Context) -> list[list[Record]]:
    """Return all provider types, ordered by label (R021, A5)."""
    return [await context.loaders.every("ProviderType", "label")] * len(roots)


@reads_columns("code")
async def service_types_of(types: Sequence[Record], context: Context) -> list[list[Record]]:
    """Return the service types of each provider type, ordered by label (R023)."""
    return await context.loaders.lists("ServiceType", [kind.code for kind in types], by="provider_type", order="label")


@reads_columns("slug")
async def url(profiles: Sequence[Record], context: Context) -> list[str]:
    """Return the URL of each profile's page, which ends with its slug (R014, A3)."""
    return [f"{context.services.site_url}/marketplace/{profile.slug}" for profile in profiles]


def build_links(stored: Sequence[Mapping[str, str]]) -> list[SocialLink]:
    """Convert a profile's stored build_links to other networks (R024)."""
    return [SocialLink(link["network"], link["url"]) for link in stored]


marketplace_profiles: Final = RootConnection("MarketplaceProfile", with_search)
headquarters: Final = Computed(address, ("headquarters",))
social_links: Final = Computed(build_links, ("social_links",))
provider_types: Final = ToManyByArray("ProviderType", "provider_types", by="code")  # R021
service_types: Final = ToManyByArray("ServiceType", "service_types", by="code")  # R023
company: Final = ToOne("Company", "company_id")
logo: Final = ToOne("Image", "logo_id")
ports: Final = ChildConnection("MarketplacePort", "marketplace_profile.ports", key="company_id")
