"""Marketplace profile mutations."""

from __future__ import annotations

import strawberry
from strawberry import ID

from models.marketplace_profile import ProfileVisibility
from resolvers.mutations import marketplace_profile
from schema.building.inputs import optional, required
from schema.building.mutation_fields import Payload, mutation_field
from schema.marketplace_profile import MarketplaceProfile
from schema.mutations.values import AddressInput


@strawberry.input(description="A link to the company's page on a social network.")
class SocialLinkInput:
    network: str = required("The name of the network.")
    url: str = required("The URL of the page.")


@strawberry.input(description="How a port appears on the Marketplace. Omitted fields keep their values.")
class AnnouncedPortInput:
    port_id: ID = required("The port. It must belong to the company whose profile is saved.")
    name: str | None = optional('The port\'s name on the Marketplace. Null restores the default, "<company> at <location>".')
    description: str | None = optional("The provider's description of the port. Null clears it.")


@strawberry.input(description="Input for `saveMarketplaceProfile`. Omitted fields keep their values; null clears them.")
class SaveMarketplaceProfileInput:
    company_id: ID | None = optional("The company whose profile to save. Defaults to the viewer's company.")
    version: int | None = optional("The version that the edit is based on. Omit it to create a profile.")
    company_name: str | None = optional(
        "The company's name on the Marketplace. The slug is derived from it. Required in a profile."
    )
    visibility: ProfileVisibility | None = optional(
        "Whether the profile is public. New profiles are private by default. Can't be null."
    )
    bio: str | None = optional("A description of the company, up to 200 words.")
    contact_email: str | None = optional("The email address for inquiries and connection requests. Required in a profile.")
    website: str | None = optional("The company's website.")
    phone: str | None = optional("The company's phone number, including the country code.")
    provider_types: list[str] | None = optional("The codes of service categories. A public profile needs at least one.")
    service_types: list[str] | None = optional("The codes of subcategories of these categories.")
    social_links: list[SocialLinkInput] | None = optional(
        "Links to the company's pages on social networks. They replace all existing links."
    )
    headquarters: AddressInput | None = optional("The address of the company's headquarters.")
    logo_id: ID | None = optional("The ID of an uploaded image.")
    ports: list[AnnouncedPortInput] | None = optional("The ports to rename or describe on the Marketplace.")


@strawberry.type(description="Result of `saveMarketplaceProfile`.")
class SaveMarketplaceProfilePayload(Payload):
    marketplace_profile: MarketplaceProfile | None = strawberry.field(default=None, description="The saved profile.")


@strawberry.type
class MarketplaceProfileMutations:
    save_marketplace_profile: SaveMarketplaceProfilePayload = mutation_field(
        marketplace_profile.save_marketplace_profile,
        SaveMarketplaceProfileInput,
        "Creates or updates a company's Marketplace profile. A company has at most one. The change takes "
        "effect with the next request.",
    )
