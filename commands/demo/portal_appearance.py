"""Portal appearances of the cast."""

from __future__ import annotations

from commands.demo.world import World
from models.portal_appearance import ColorScheme, Density


def fill(world: World) -> None:
    """Give the partner of the cast an appearance, which its accounts see too."""
    world.add(
        "portal_appearance",
        company_id=world.cast.partner["id"],
        product_name="Partner Portal",
        logo_id=None,
        color_scheme=ColorScheme.LIGHT,
        accent_color="#0b5fff",
        accent_text_color="#ffffff",
        background_color="#ffffff",
        text_color="#1b1f24",
        font_family="Inter, sans-serif",
        border_radius=8,
        density=Density.COMFORTABLE,
        locale="en",
        version=1,
    )
