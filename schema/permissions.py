"""Who may see it: what policy says of each type and field, at the end of its description. Nothing of that is written here."""

from __future__ import annotations

from graphql import GraphQLObjectType, GraphQLSchema
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from policies.policy import Policy
from policies.sentences import ABILITY, Sentences, sentences
from schema.fields import Field


def tell_permissions(schema: GraphQLSchema, policy: Policy) -> None:
    """Let each description that policy has a sentence for end with it. Done again with another policy, it tells that one's."""
    told = sentences(policy)
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType):
            _tell_type(kind, told)


def _tell_type(kind: GraphQLObjectType, told: Sentences) -> None:
    definition = _definition(kind)
    if isinstance(definition, StrawberryObjectDefinition):
        kind.description = _joined(definition.description, told.get((kind.name, None)))
    for field in kind.fields.values():
        definition = _definition(field)
        if isinstance(definition, StrawberryField):
            field.description = _joined(definition.description, told.get(_key(kind, definition)))


def _key(kind: GraphQLObjectType, definition: StrawberryField) -> tuple[str, str | None]:
    if isinstance(definition, Field) and definition.ability is not None:
        return ABILITY, definition.ability
    return kind.name, definition.python_name


def _definition(described: object) -> object:
    """What Strawberry made it from, which has the description as it was written."""
    return (getattr(described, "extensions", None) or {}).get(GraphQLCoreConverter.DEFINITION_BACKREF)


def _joined(written: str | None, told: str | None) -> str | None:
    return " ".join(filter(None, (written, told))) or None
