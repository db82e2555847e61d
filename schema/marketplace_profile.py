"""Marketplace profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from models.marketplace_profile import ProfileVisibility
from resolvers import marketplace_profile
from schema.building.action_fields import viewer_can_field
from schema.building.connections import PAGE, Connection
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.building.page_inputs import page_arguments, search_argument
from schema.building.scalars import URL, EmailAddress
from schema.company import Company
from schema.image import Image
from schema.values import Address, SocialLink

if TYPE_CHECKING:
    from schema.marketplace_port import MarketplacePort


@strawberry.type(description="A subcategory of services.")
class ServiceType:
    code: str = column("The code to use in filters.")
    label: str = column("The display name.")
    provider_type: str = column("The code of the parent provider type.")


@strawberry.type(description="A category of services.")
class ProviderType:
    code: str = column("The code to use in filters.")
    label: str = column("The display name.")
    service_types: list[ServiceType] = resolved(marketplace_profile.service_types_of, "The subcategories, ordered by label.")


@strawberry.type(description="A provider's profile on the Marketplace. Profiles are private by default.")
class MarketplaceProfile(Node):
    is_type_of = of("MarketplaceProfile")

    company: Company = resolved(marketplace_profile.company, "The company that the profile belongs to.")
    company_name: str = column("The provider's name on the Marketplace. The slug is derived from it.")
    slug: str = column("The last part of the profile's URL. It changes with the company name; former slugs keep working.")
    url: URL = resolved(marketplace_profile.url, "The URL of the profile's page.")
    visibility: ProfileVisibility = column("Whether the profile is public.")
    logo: Image | None = resolved(marketplace_profile.logo, "The provider's logo.")
    bio: str | None = column("A description of the provider, up to 200 words.")
    contact_email: EmailAddress | None = column("The email address for inquiries.")
    phone: str | None = column("The phone number for inquiries.")
    website: URL | None = column("The provider's website.")
    provider_types: list[ProviderType] = resolved(
        marketplace_profile.provider_types, "The categories of the provider's services."
    )
    service_types: list[ServiceType] = resolved(
        marketplace_profile.service_types, "The subcategories of the provider's services."
    )
    social_links: list[SocialLink] = resolved(
        marketplace_profile.social_links, "Links to the provider's pages on social networks."
    )
    headquarters: Address | None = resolved(marketplace_profile.headquarters, "The address of the provider's headquarters.")
    version: int | None = column("The current version. Send it with the next edit.")
    ports: Connection[Annotated[MarketplacePort, strawberry.lazy("schema.marketplace_port")]] = resolved(
        marketplace_profile.ports, "The provider's public ports. Empty while the profile is private.", PAGE
    )
    viewer_can: list[str] = viewer_can_field("MarketplaceProfile")


@strawberry.type
class MarketplaceProfileQueries:
    marketplace_profiles: Connection[MarketplaceProfile] = resolved(
        marketplace_profile.marketplace_profiles,
        "The profiles on the Marketplace.",
        {
            **page_arguments("MarketplaceProfile", "Marketplace profiles"),
            **search_argument("profiles"),
        },
    )
    provider_types: list[ProviderType] = resolved(
        marketplace_profile.catalogue, "The service categories that a profile can choose from, ordered by label."
    )
    marketplace_profile: MarketplaceProfile | None = resolved(
        marketplace_profile.marketplace_profile,
        "Looks up a Marketplace profile by its current slug or a former one.",
        {"slug": (str, "The last part of the profile's URL.")},
    )
