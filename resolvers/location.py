"""How locations get their data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from resolvers.connection import PageOf, pages

if TYPE_CHECKING:
    from resolvers.context import Context


async def locations(roots: Sequence[object], context: Context, **arguments: Any) -> list[PageOf]:
    """All locations, or those only in which the viewer could order a port (R120)."""
    actions = ("read", "order") if arguments.pop("orderable", None) else ("read",)
    return await pages(context, "Location", arguments, actions=actions) * len(roots)
