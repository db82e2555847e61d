"""A viewer without anything that tells members of one company apart, for an answer that several viewers get.

What was answered without reading a withheld value can't depend on it, so all viewers with the same shared values get the same.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final

from policies.viewer import PARAMETERS, SETS, Viewer

SHARED: Final = ("shape", "company_id", "partner_id", "invitation_id", "markets")
WITHHELD: Final = tuple(each.name for each in fields(Viewer) if each.name not in SHARED)


class ValueWithheld(Exception):
    """Something reads a value that a sealed viewer doesn't have."""


class SealedViewer(Viewer):
    """The values that viewers share. `was_opened` tells that something tried to read another one, whoever caught the error."""

    __slots__ = ("was_opened",)
    was_opened: bool

    def open(self) -> ValueWithheld:
        """Note that a withheld value is read, and return the error to raise."""
        object.__setattr__(self, "was_opened", True)
        return ValueWithheld()


def _withheld(viewer: SealedViewer) -> Any:
    raise viewer.open()


for _name in WITHHELD:
    setattr(SealedViewer, _name, property(_withheld))


def shared_values(viewer: Viewer) -> tuple[Any, ...]:
    """Return what a sealed viewer has of a viewer."""
    return (viewer.shape, viewer.company_id, viewer.partner_id, viewer.invitation_id, viewer.markets)


def sealed(viewer: Viewer) -> SealedViewer:
    """Return a viewer with only the shared values."""
    seal = object.__new__(SealedViewer)
    for name in SHARED:
        object.__setattr__(seal, name, getattr(viewer, name))
    object.__setattr__(seal, "was_opened", False)
    return seal


def sealed_parameters(viewer: SealedViewer) -> dict[str, Any]:
    """Return the shared values as statement parameters."""
    parameters = {f"viewer_{name}": getattr(viewer, name) for name in PARAMETERS if name in SHARED}
    return parameters | {f"viewer_{name}": sorted(getattr(viewer, name)) for name in SETS if name in SHARED}
