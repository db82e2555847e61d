"""Mutations of portal appearances."""

from __future__ import annotations

import strawberry
from strawberry import ID

from models.portal_appearance import LOCALES, MAX_FONT_LENGTH, MAX_NAME_LENGTH, MAX_RADIUS, MIN_CONTRAST, ColorScheme, Density
from resolvers.mutations import portal_appearance
from schema.building.inputs import optional
from schema.building.mutation_fields import Payload, mutation_field
from schema.portal_appearance import PortalAppearance


@strawberry.input(
    description="Input for `savePortalAppearance`. Omitted fields keep their values; null restores the portal kit's own. Colours are "
    "written as `#rrggbb`."
)
class SavePortalAppearanceInput:
    company_id: ID | None = optional("The company whose portal it is. Defaults to the viewer's company.")
    version: int = strawberry.field(default=0, description="The version that the edit is based on. 0 if none was ever saved.")
    product_name: str | None = optional(f"The portal's name for its users, up to {MAX_NAME_LENGTH} characters.")
    logo_id: ID | None = optional("The ID of an uploaded image of the company.")
    color_scheme: ColorScheme | None = optional("Whether the portal is light or dark. AUTO by default. Can't be null.")
    accent_color: str | None = optional("The colour of buttons and links. Set it together with `accentTextColor`.")
    accent_text_color: str | None = optional(
        f"The colour of text on the accent colour. Their contrast must be at least {MIN_CONTRAST}:1."
    )
    background_color: str | None = optional("The colour behind the portal's text. Set it together with `textColor`.")
    text_color: str | None = optional(f"The colour of the portal's text. Its contrast must be at least {MIN_CONTRAST}:1.")
    font_family: str | None = optional(
        f"Font families, separated by commas, up to {MAX_FONT_LENGTH} characters. Names have letters, digits, spaces and hyphens, "
        "and can be in quotes."
    )
    border_radius: int | None = optional(f"The radius of corners, from 0 to {MAX_RADIUS} pixels.")
    density: Density | None = optional("How much space is between elements. COMFORTABLE by default. Can't be null.")
    locale: str | None = optional(f"The language of the portal's texts: {', '.join(LOCALES)}.")


@strawberry.type(description="Result of `savePortalAppearance`.")
class SavePortalAppearancePayload(Payload):
    portal_appearance: PortalAppearance | None = strawberry.field(default=None, description="The saved appearance.")


@strawberry.type
class PortalAppearanceMutations:
    save_portal_appearance: SavePortalAppearancePayload = mutation_field(
        portal_appearance.save_portal_appearance,
        SavePortalAppearanceInput,
        "Saves how the company's portal appears, also to the accounts that the company manages.",
    )
