"""Append visibility sentences to descriptions. The sentences are generated from policy; none is written here."""

from __future__ import annotations

from typing import Final

from graphql import GraphQLObjectType, GraphQLSchema
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from policies.analysis.sentences import ABILITY, Sentences, sentences
from policies.evaluation.policy import Policy
from schema.building.fields import FieldDefinition
from schema.building.mutation_fields import MutationField

OPEN: Final = "Available to everyone."  # for mutations, most of which aren't


def append_permission_text(schema: GraphQLSchema, policy: Policy) -> None:
    """End each description with its visibility sentence, if it has one. Another call replaces the sentences of the last policy."""
    by_site = sentences(policy)
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType):
            _append_to_type(kind, by_site)


def _append_to_type(kind: GraphQLObjectType, by_site: Sentences) -> None:
    definition = _definition(kind)
    if isinstance(definition, StrawberryObjectDefinition):
        kind.description = _joined(definition.description, by_site.get((kind.name, None)))
    for field in kind.fields.values():
        definition = _definition(field)
        if isinstance(definition, StrawberryField):
            field.description = _joined(definition.description, _of_field(kind, definition, by_site))


def _of_field(kind: GraphQLObjectType, definition: StrawberryField, by_site: Sentences) -> str:
    """Return a field's sentence. Empty if everyone who can read the object can see the field."""
    if isinstance(definition, FieldDefinition) and definition.ability is not None:
        return by_site[ABILITY, definition.ability]
    if isinstance(definition, MutationField):
        required = [by_site[entity, action.upper()] for entity, action in definition.mutation.requires]
        return " ".join(dict.fromkeys(required)) or OPEN
    return by_site.get((kind.name, definition.python_name), "")


def _definition(described: object) -> object:
    """Return the Strawberry definition behind a type or field, which has the description as it's written in the code."""
    return (getattr(described, "extensions", None) or {}).get(GraphQLCoreConverter.DEFINITION_BACKREF)


def _joined(written: str | None, sentence: str | None) -> str | None:
    return " ".join(filter(None, (written, sentence))) or None
