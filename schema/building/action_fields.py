"""Action enums and the `viewerCan` field: each type has an enum of the actions that its policy names, and a field that lists them."""

from __future__ import annotations

from enum import Enum, EnumMeta
from typing import Any

import strawberry
from strawberry.annotation import StrawberryAnnotation

from policies.language.actions import ACTIONS
from resolvers.reading.allowed_actions import ViewerCan
from schema.building.fields import FieldDefinition


class ActionListField(FieldDefinition):
    """A field that lists values of an enum built from policy. The enum replaces the field's annotation."""

    enum: EnumMeta

    def __copy__(self) -> ActionListField:
        copied: ActionListField = super().__copy__()  # type: ignore[assignment]  # Strawberry copies with type(self)
        copied.enum = self.enum
        return copied

    def resolve_type(self, **_options: Any) -> Any:
        """Return the list type of the enum."""
        return StrawberryAnnotation(list[self.enum]).resolve()  # type: ignore[name-defined]  # built at run time


def viewer_can_field(entity: str) -> Any:
    """Declare the field that lists the actions a viewer can take on an object now."""
    field = ActionListField(
        description="The actions that the viewer can take now, given policy and the object's current state."
    )
    field.batch = ViewerCan(entity)
    field.enum = _enum(entity)
    return field


def _enum(entity: str) -> EnumMeta:
    """Build the action enum of a type. Each value is described by the sentences of its rules."""
    values = {
        action.upper(): strawberry.enum_value(action.upper(), description=sentences)
        for action, sentences in ACTIONS[entity].items()
    }
    enum = Enum(f"{entity}Action", values)  # type: ignore[misc]  # its values come from policy
    return strawberry.enum(enum, description="The actions that can be taken on an object. Each value says who can take it.")
