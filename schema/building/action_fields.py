"""Action enums and the `viewerCan` field: each type has an enum of the actions that its policy names, and a field that lists them."""

from __future__ import annotations

from enum import Enum, EnumMeta
from typing import Any

import strawberry
from strawberry.annotation import StrawberryAnnotation

from policies.actions import ACTIONS
from resolvers.reading.allowed_actions import ViewerCan
from schema.building.fields import FieldDefinition


class Actions(FieldDefinition):
    """A field that lists values of an enum built from policy. The enum replaces the field's annotation."""

    words: EnumMeta

    def __copy__(self) -> Actions:
        copied: Actions = super().__copy__()  # type: ignore[assignment]  # it is made by the class of this
        copied.words = self.words
        return copied

    def resolve_type(self, **_options: Any) -> Any:
        """Return the list type of the enum."""
        return StrawberryAnnotation(list[self.words]).resolve()  # type: ignore[name-defined]  # made at run time


def viewer_can_field(entity: str) -> Any:
    """Declare the field that lists the actions a viewer can take on an object now."""
    field = Actions(description="The actions that the viewer can take now, given policy and the object's current state.")
    field.batch = ViewerCan(entity)
    field.words = _enum(entity)
    return field


def _enum(entity: str) -> EnumMeta:
    """Build the action enum of a type. Each value is described by the sentences of its rules."""
    words = {
        action.upper(): strawberry.enum_value(action.upper(), description=said) for action, said in ACTIONS[entity].items()
    }
    made = Enum(f"{entity}Action", words)  # type: ignore[misc]  # its words are the policy's
    return strawberry.enum(made, description="The actions that can be taken on an object. Each value says who can take it.")
