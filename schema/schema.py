"""The whole schema, and the lists of guarded fields that policy is checked against: each field needs a rule, and each rule
a field."""

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
from policies.evaluation.policy import Policy
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

# No rule names these: everyone who reads a row can read its ID, and the others only describe the viewer's own permissions.
UNRULED: Final = frozenset(("id", "viewer_can", "viewer_hides"))


class Redactions(SchemaExtension):
    """Adds the policy version to `extensions`, and the redactions if there are any: which values policy hid, and why."""

    def get_results(self) -> dict[str, Any]:
        """Return the policy version and the response's redactions."""
        result = self.execution_context.result
        return response_extensions(self.execution_context.context, None if result is None else result.data)


def response_extensions(context: Any, data: Any) -> dict[str, Any]:
    """Return the policy version and a response's redactions."""
    context.redactions.count(data)
    return extensions_of(context, data)


def extensions_of(context: Any, data: Any) -> dict[str, Any]:
    """Return the policy version and a response's redactions, without counting them."""
    reported = context.redactions.report(data)
    version = {"policy": context.policy.version}
    return {**version, "redactions": reported} if reported else version


def make_schema(
    *extensions: Callable[[], SchemaExtension],
    schema_of: SchemaOf | None = None,
    always: bool = False,
    suggestions: bool = True,
) -> strawberry.Schema:
    """Return the schema with the caller's extensions, outermost first. Its types are shared and must not be changed.

    Introspection shows the schema that `schema_of` returns. With `always`, that schema is prepared for every operation, not just
    for introspection.
    """
    return checked_schema().with_extensions([Redactions, *extensions], schema_of, always=always, suggestions=suggestions)


def described(policy: Policy) -> strawberry.Schema:
    """Build the schema with visibility sentences in its descriptions."""
    schema = _build()
    append_permission_text(schema._schema, policy)
    return schema


@cache  # building one takes as long as starting an interpreter, and every start of the gateway checks several things on it
def checked_schema() -> PreviewingSchema:
    """Return the schema that checks read and all others share their types with. It must not be changed."""
    return _build()


def _build() -> PreviewingSchema:
    return PreviewingSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[BillingMarket, ConnectionRequest, Membership],
        config=StrawberryConfig(scalar_map=SCALARS),
        extensions=[Redactions],
    )


@cache  # runs on every policy load and for viewer schemas
def guarded_fields() -> Mapping[str, frozenset[str]]:
    """Return the fields of each type that has policy rules, by their Python names."""
    return {name: frozenset(field.python_name for field in fields) for name, fields in _guarded()}


def required_fields() -> frozenset[tuple[str, str]]:
    """Return the guarded fields that are never null, as (type, field). Policy may never hide them on a visible row."""
    return frozenset(
        (name, field.python_name)
        for name, fields in _guarded()
        for field in fields
        if not isinstance(field.resolve_type(), StrawberryOptional)
    )


def _guarded() -> Iterator[tuple[str, list[StrawberryField]]]:
    definitions = [concrete.definition for concrete in checked_schema().schema_converter.type_map.values()]
    types = {definition.name: definition for definition in definitions if isinstance(definition, StrawberryObjectDefinition)}
    for entity in CATALOGUE:
        if entity.name in types:
            yield entity.name, [field for field in types[entity.name].fields if field.python_name not in UNRULED]
