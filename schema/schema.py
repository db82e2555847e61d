"""The schema as a whole, and what holds it against policy: each guarded field is named by a rule, and each rule names a field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import strawberry
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import StrawberryObjectDefinition

from policies.catalogue import CATALOGUE
from schema.billing_market import BillingMarket
from schema.connection_request import ConnectionRequest
from schema.membership import Membership
from schema.query import Query
from schema.scalars import SCALARS

KEY: Final = "id"  # whoever may read a row may read its id; there is no rule of it


class Redactions(SchemaExtension):
    """Tells in `extensions.redactions` which values policy has hidden, and why; nothing is told where nothing is hidden."""

    def get_results(self) -> dict[str, Any]:
        """The redactions of the response."""
        result = self.execution_context.result
        context: Any = self.execution_context.context
        reported = context.redactions.report(result.data) if result is not None else []
        return {"redactions": reported} if reported else {}


def make_schema(*extensions: Callable[[], SchemaExtension]) -> strawberry.Schema:
    """The schema, with extensions of whoever serves it."""
    return strawberry.Schema(
        query=Query,
        types=[BillingMarket, ConnectionRequest, Membership],
        config=StrawberryConfig(scalar_map=SCALARS),
        extensions=[Redactions, *extensions],
    )


def guarded_fields() -> Mapping[str, frozenset[str]]:
    """The fields of each type of the schema that is a type of policy, by their names in Python."""
    known = [concrete.definition for concrete in make_schema().schema_converter.type_map.values()]
    types = {definition.name: definition for definition in known if isinstance(definition, StrawberryObjectDefinition)}
    return {
        entity.name: frozenset(field.python_name for field in types[entity.name].fields if field.python_name != KEY)
        for entity in CATALOGUE
        if entity.name in types
    }
