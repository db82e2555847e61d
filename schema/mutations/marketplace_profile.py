"""The mutations of Marketplace profiles."""

from __future__ import annotations

import strawberry
from strawberry import ID

from resolvers.mutations import marketplace_profile
from schema.building.inputs import optional, required
from schema.building.mutation_fields import Payload, mutation_field
from schema.enums import ProfileVisibility
from schema.marketplace_profile import MarketplaceProfile
from schema.mutations.values import AddressInput


@strawberry.input(description="A link to the company's page on another network.")
class SocialLinkInput:
    network: str = required("The network's name.")
    url: str = required("The page.")


@strawberry.input(description="How a port is announced on the Marketplace. What is left out stays as it is.")
class AnnouncedPortInput:
    port_id: ID = required("The port. It belongs to the company whose profile is saved.")
    name: str | None = optional('Its name there. Null is "<company> at <location>".')
    description: str | None = optional("What the provider says of it. Null is nothing.")


@strawberry.input(description="A profile to be made or edited. What is left out stays as it is, null clears it.")
class SaveMarketplaceProfileInput:
    company_id: ID | None = optional("Whose profile it is; that of the viewer's own company if left out.")
    version: int | None = optional("The version that was read, to edit a profile. Left out to make one.")
    company_name: str | None = optional("The name on the Marketplace, which the profile's address follows. A profile has one.")
    visibility: ProfileVisibility | None = optional(
        "Whether everybody sees it. A new one is private unless it says otherwise. Not null."
    )
    bio: str | None = optional("Up to 200 words about the company.")
    contact_email: str | None = optional("Where inquiries and requests go. A profile has one.")
    website: str | None = optional("The company's own site.")
    phone: str | None = optional("Where to call, with the country code.")
    provider_types: list[str] | None = optional("Codes of categories of services. A public profile has one at least.")
    service_types: list[str] | None = optional("Codes of sub-categories of these.")
    social_links: list[SocialLinkInput] | None = optional("Its pages on other networks, all of them.")
    headquarters: AddressInput | None = optional("Its main site.")
    logo_id: ID | None = optional("An image of the company, as an upload has given its id.")
    ports: list[AnnouncedPortInput] | None = optional("Ports whose names or descriptions on the Marketplace change.")


@strawberry.type(description="What came of saving a Marketplace profile.")
class SaveMarketplaceProfilePayload(Payload):
    marketplace_profile: MarketplaceProfile | None = strawberry.field(default=None, description="The profile as it is now.")


@strawberry.type
class MarketplaceProfileMutations:
    save_marketplace_profile: SaveMarketplaceProfilePayload = mutation_field(
        marketplace_profile.save_marketplace_profile,
        SaveMarketplaceProfileInput,
        "Make or edit the Marketplace profile of a company, which has one at most. It takes effect with the next request.",
    )
