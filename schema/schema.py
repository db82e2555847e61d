"""The schema as a whole, and what holds it against policy: each guarded field is named by a rule, and each rule names a field."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, Final

import strawberry
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import StrawberryObjectDefinition, StrawberryOptional
from strawberry.types.field import StrawberryField

from policies.catalogue import CATALOGUE
from policies.policy import Policy
from schema.billing_market import BillingMarket
from schema.building.scalars import SCALARS
from schema.connection_request import ConnectionRequest
from schema.extensions.settings_preview import PreviewingSchema
from schema.extensions.viewer_introspection import SchemaOf
from schema.introspection.descriptions import append_permission_text
from schema.membership import Membership
from schema.mutation import Mutation
from schema.query import Query
from schema.subscription import Subscription

# There is no rule of these: whoever may read a row may read its id, and what it may do to it tells of the viewer itself alone.
UNRULED: Final = frozenset(("id", "viewer_can"))


class Redactions(SchemaExtension):
    """Tells in `extensions` which policy has decided, and which values it has hidden, and why, where any are."""

    def get_results(self) -> dict[str, Any]:
        """The version of the policy, and the redactions of the response."""
        result = self.execution_context.result
        context: Any = self.execution_context.context
        reported = context.redactions.report(result.data) if result is not None else []
        told = {"policy": context.policy.version}
        return {**told, "redactions": reported} if reported else told


def make_schema(
    *extensions: Callable[[], SchemaExtension],
    schema_of: SchemaOf | None = None,
    always: bool = False,
    suggestions: bool = True,
) -> strawberry.Schema:
    """The schema, with extensions of whoever serves it, the first of which sees most.

    Introspection tells of what `schema_of` makes of it, which is made ready for each operation if it is `always` asked for.
    """
    return PreviewingSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[BillingMarket, ConnectionRequest, Membership],
        config=StrawberryConfig(scalar_map=SCALARS),
        extensions=[Redactions, *extensions],
        schema_of=schema_of,
        always=always,
        suggestions=suggestions,
    )


def described(policy: Policy) -> strawberry.Schema:
    """The schema whose descriptions say already who sees what."""
    schema = make_schema()
    append_permission_text(schema._schema, policy)
    return schema


@cache  # it takes a schema, and is asked for at each load of policy and for the schemas of viewers
def guarded_fields() -> Mapping[str, frozenset[str]]:
    """The fields of each type of the schema that is a type of policy, by their names in Python."""
    return {name: frozenset(field.python_name for field in fields) for name, fields in _guarded()}


def required_fields() -> frozenset[tuple[str, str]]:
    """Those of them that are never null, which therefore policy may never hide on a row that it shows: (type, field)."""
    return frozenset(
        (name, field.python_name)
        for name, fields in _guarded()
        for field in fields
        if not isinstance(field.resolve_type(), StrawberryOptional)
    )


def _guarded() -> Iterator[tuple[str, list[StrawberryField]]]:
    known = [concrete.definition for concrete in make_schema().schema_converter.type_map.values()]
    types = {definition.name: definition for definition in known if isinstance(definition, StrawberryObjectDefinition)}
    for entity in CATALOGUE:
        if entity.name in types:
            yield entity.name, [field for field in types[entity.name].fields if field.python_name not in UNRULED]
