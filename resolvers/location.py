"""Resolvers of locations."""

from __future__ import annotations

from typing import Any, Final

from resolvers.reading.field_sources import ConnectionArguments, RootConnection


def _orderable(arguments: dict[str, Any]) -> ConnectionArguments:
    """Select all locations, or with `orderable` those where the viewer can order a port (R120)."""
    return arguments, ("read", "order") if arguments.pop("orderable", None) else ("read",)


locations: Final = RootConnection("Location", _orderable)
