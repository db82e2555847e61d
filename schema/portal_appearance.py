"""Portal appearances."""

from __future__ import annotations

import strawberry

from models.portal_appearance import ColorScheme, Density
from resolvers import portal_appearance
from schema.building.fields import column, resolved
from schema.image import Image


@strawberry.type(description="How a company's portal appears. A value that is null is the portal kit's own.")
class PortalAppearance:
    product_name: str | None = column("The portal's name for its users.")
    logo: Image | None = resolved(portal_appearance.logo, "The portal's logo.")
    color_scheme: ColorScheme = column("Whether the portal is light or dark.")
    accent_color: str | None = column("The colour of buttons and links, as `#rrggbb`.")
    accent_text_color: str | None = column("The colour of text on the accent colour, as `#rrggbb`.")
    background_color: str | None = column("The colour behind the portal's text, as `#rrggbb`.")
    text_color: str | None = column("The colour of the portal's text, as `#rrggbb`.")
    font_family: str | None = column("The font families, as CSS lists them.")
    border_radius: int | None = column("The radius of corners, in pixels.")
    density: Density = column("How much space is between elements.")
    locale: str | None = column("The language tag of the portal's texts, such as `de`. Null means the language of the page.")
    version: int | None = column("The current version. Send it with the next edit.")
