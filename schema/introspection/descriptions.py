"""Append visibility sentences to descriptions. The sentences are generated from policy; none is written here.

Generating them takes seconds, so those of the policy in this checkout are stored beside this module: the first introspection after a
start doesn't wait. Any other policy's are generated. `make check` compares the file with the policy.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from graphql import GraphQLObjectType, GraphQLSchema
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from policies.analysis.sentences import ABILITY, Sentences, sentences
from policies.evaluation.policy import Policy
from schema.building.fields import FieldDefinition
from schema.building.mutation_fields import MutationField

STORED: Final = Path(__file__).with_name("sentences.json")
OPEN: Final = "Available to everyone."  # for mutations, most of which aren't


def _stored_or_new(policy: Policy) -> Sentences:
    """Return the sentences of a policy: the stored ones if they are this policy's, else new ones."""
    stored = json.loads(STORED.read_text("utf-8")) if STORED.is_file() else {}
    if stored.get("policy") != policy.version:
        return sentences(policy)
    return {(kind, field): sentence for kind, field, sentence in stored["sentences"]}


def as_json(policy: Policy) -> str:
    """Return the sentences of a policy as they are stored."""
    rows = [[kind, field, sentence] for (kind, field), sentence in sentences(policy).items()]
    return json.dumps({"policy": policy.version, "sentences": rows}, indent=0, ensure_ascii=False) + "\n"


def append_permission_text(schema: GraphQLSchema, policy: Policy) -> None:
    """End each description with its visibility sentence, if it has one. Another call replaces the sentences of the last policy."""
    by_site = _stored_or_new(policy)
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
