"""Marketplace profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from resolvers import marketplace_profile
from schema.building.action_fields import viewer_can_field
from schema.building.connections import PAGE, Connection
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.building.scalars import URL, EmailAddress
from schema.company import Company
from schema.enums import ProfileVisibility
from schema.image import Image
from schema.values import Address, SocialLink

if TYPE_CHECKING:
    from schema.marketplace_port import MarketplacePort


@strawberry.type(description="A sub-category of services.")
class ServiceType:
    code: str = column("What names it, for filters.")
    label: str = column("What it is called.")
    provider_type: str = column("The code of the provider type that it belongs to.")


@strawberry.type(description="A category of services.")
class ProviderType:
    code: str = column("What names it, for filters.")
    label: str = column("What it is called.")
    service_types: list[ServiceType] = resolved(marketplace_profile.service_types_of, "Its sub-categories, by label.")


@strawberry.type(description="How a provider shows itself on the Marketplace. Private until its owner says otherwise.")
class MarketplaceProfile(Node):
    is_type_of = of("MarketplaceProfile")

    company: Company = resolved(marketplace_profile.company, "The provider.")
    company_name: str = column("The name on the Marketplace and in the profile's address.")
    slug: str = column("The end of the profile's address. It follows the name; former ones still find the profile.")
    url: URL = resolved(marketplace_profile.url, "The profile's page.")
    visibility: ProfileVisibility = column("Whether everybody sees it.")
    logo: Image | None = resolved(marketplace_profile.logo, "The picture on its tile.")
    bio: str | None = column("Up to 200 words about the provider.")
    contact_email: EmailAddress | None = column("Where to write. For whoever is signed in.")
    phone: str | None = column("Where to call. For whoever is signed in.")
    website: URL | None = column("The provider's own site.")
    provider_types: list[ProviderType] = resolved(marketplace_profile.provider_types, "The categories of its services.")
    service_types: list[ServiceType] = resolved(marketplace_profile.service_types, "The sub-categories of its services.")
    social_links: list[SocialLink] = resolved(marketplace_profile.social_links, "Its pages on other networks.")
    headquarters: Address | None = resolved(marketplace_profile.headquarters, "Its main site.")
    version: int | None = column("How often it was saved, to be stated when it is saved again.")
    ports: Connection[Annotated[MarketplacePort, strawberry.lazy("schema.marketplace_port")]] = resolved(
        marketplace_profile.ports, "Its public ports, while the profile is public.", PAGE
    )
    viewer_can: list[str] = viewer_can_field("MarketplaceProfile")
