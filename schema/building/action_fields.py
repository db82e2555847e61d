"""What viewers may do to things: for each type an enum of the actions that its policy names, and the field that lists them."""

from __future__ import annotations

from enum import Enum, EnumMeta
from typing import Any

import strawberry
from strawberry.annotation import StrawberryAnnotation

from policies.actions import ACTIONS
from resolvers.reading.allowed_actions import ViewerCan
from schema.building.fields import FieldDefinition


class Actions(FieldDefinition):
    """A field that lists words of an enum which is made from the policy, whatever its annotation says."""

    words: EnumMeta

    def __copy__(self) -> Actions:
        copied: Actions = super().__copy__()  # type: ignore[assignment]  # it is made by the class of this
        copied.words = self.words
        return copied

    def resolve_type(self, **_options: Any) -> Any:
        """The list of the enum."""
        return StrawberryAnnotation(list[self.words]).resolve()  # type: ignore[name-defined]  # made at run time


def viewer_can_field(entity: str) -> Any:
    """What the viewer may do now to a thing of the type."""
    field = Actions(description="What the viewer may do to it now, by policy and by its state.")
    field.batch = ViewerCan(entity)
    field.words = _enum(entity)
    return field


def _enum(entity: str) -> EnumMeta:
    """The actions of a type, each described by what its rules say."""
    words = {
        action.upper(): strawberry.enum_value(action.upper(), description=said) for action, said in ACTIONS[entity].items()
    }
    made = Enum(f"{entity}Action", words)  # type: ignore[misc]  # its words are the policy's
    return strawberry.enum(made, description="What can be done to it. Each action says who may.")
