"""Who may see it: what policy says of each type and field, at the end of its description. Nothing of that is written here."""

from __future__ import annotations

from typing import Final

from graphql import GraphQLObjectType, GraphQLSchema
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from policies.policy import Policy
from policies.sentences import ABILITY, UNRULED, Sentences, sentences
from schema.building.fields import FieldDefinition
from schema.building.mutation_fields import MutationField

OPEN: Final = "Open to everybody."
WITHIN: Final = "Visible with what it belongs to."
ELSEWHERE: Final = {
    "Query": "Open to everybody, who finds what it may read.",
    "Subscription": "Open to everybody, who hears of what it may read.",
    "Viewer": "Visible to the viewer itself.",
}
"""What is said of fields that are of no row, and guarded by what they lead to."""


def append_permission_text(schema: GraphQLSchema, policy: Policy) -> None:
    """Let each description that policy has a sentence for end with it. Done again with another policy, it tells that one's."""
    told = sentences(policy)
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType):
            _append_to_type(kind, told)


def _append_to_type(kind: GraphQLObjectType, told: Sentences) -> None:
    definition = _definition(kind)
    if isinstance(definition, StrawberryObjectDefinition):
        kind.description = _joined(definition.description, told.get((kind.name, None)))
    for field in kind.fields.values():
        definition = _definition(field)
        if isinstance(definition, StrawberryField):
            field.description = _joined(definition.description, _of_field(kind, definition, told))


def _of_field(kind: GraphQLObjectType, definition: StrawberryField, told: Sentences) -> str:
    """What policy says of the field, or of what it belongs to, where there is no rule of itself."""
    if isinstance(definition, FieldDefinition) and definition.ability is not None:
        return told[ABILITY, definition.ability]
    if isinstance(definition, MutationField):
        asked = [told[entity, action.upper()] for entity, action in definition.mutation.requires]
        return " ".join(dict.fromkeys(asked)) or OPEN
    known = told.get((kind.name, definition.python_name)) or told.get((kind.name, UNRULED))
    return known or ELSEWHERE.get(kind.name, WITHIN)


def _definition(described: object) -> object:
    """What Strawberry made it from, which has the description as it was written."""
    return (getattr(described, "extensions", None) or {}).get(GraphQLCoreConverter.DEFINITION_BACKREF)


def _joined(written: str | None, told: str | None) -> str | None:
    return " ".join(filter(None, (written, told))) or None
