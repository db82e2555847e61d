"""The enums of all actions, and of all types that have some, for questions about any type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from described_enum import DescribedEnum
from policies.language.actions import ACTIONS
from resolvers.reading.nodes import NON_NODE_TYPES
from resolvers.values.identifiers import TAGS
from schema.building.enums import register_enum


def _enum(name: str, descriptions: Mapping[str, str], description: str) -> Any:
    """Build an enum from its values and their descriptions."""
    make_enum: Any = DescribedEnum  # mypy wants literal members
    enum = make_enum(name, [(value, (value, text)) for value, text in descriptions.items()], module=__name__)
    register_enum(enum, name, description)
    return enum


TYPES: Final = sorted((set(TAGS) - NON_NODE_TYPES) & set(ACTIONS))
TypeName: Final = _enum(
    "TypeName", {name: f"The type `{name}`." for name in TYPES}, "The types whose objects actions can be taken on."
)
ActionName: Final = _enum(
    "ActionName",
    {
        action.upper(): f"An action on {', '.join(f'`{name}`' for name in TYPES if action in ACTIONS[name])}."
        for action in sorted({action for name in TYPES for action in ACTIONS[name]})
    },
    "The actions that can be taken on objects. `PortAction` and the like say for each type who can take them.",
)
