"""Field declarations: a field is a column of the row or a batch resolver. Policy guards both here and nowhere else.

A field that policy hides from the viewer is null, with its reason in `extensions.redactions`. Its resolver is never called.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from graphql import FieldNode, GraphQLField
from graphql.execution.values import VariableValues, get_argument_values
from strawberry.annotation import StrawberryAnnotation
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types import Info
from strawberry.types.arguments import StrawberryArgument, convert_arguments
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField
from strawberry.types.unset import UNSET

from policies.reason import Reason
from resolvers.reading.batching import ROOT, BatchResolver, Computed
from resolvers.reading.nodes import GlobalId
from resolvers.reading.records import Record
from resolvers.reading.redactions import Redacted

# Costs of counting the rows of a list, in objects that take as long: of up to 10,000 rows, and of all rows.
COUNT_COST: Final = 100
COUNT_ALL_COST: Final = 1_000


class FieldDefinition(StrawberryField):
    """A field whose value is the column of the same name, or the result of its batch resolver."""

    batch: BatchResolver | None = None
    column: str | None = None  # if it differs from the field's name
    ability: str | None = None  # that the viewer needs; for fields that don't belong to a row
    cost: int = 0  # in addition to that of its objects, once for all parents

    @property
    def is_basic_field(self) -> bool:
        """Always False: every field is guarded, and needs its path in the response."""
        return False

    def __copy__(self) -> FieldDefinition:
        copied: FieldDefinition = super().__copy__()
        copied.batch = self.batch
        copied.column = self.column
        copied.ability = self.ability
        copied.cost = self.cost
        return copied

    def get_result(self, source: Any, info: Info[Any, Any] | None, args: list[Any], kwargs: Any) -> Any:  # noqa: ARG002
        """Return the field's value in one object, or None if policy hides it."""
        assert info is not None  # noqa: S101 (only basic fields are resolved without info)
        if reason := self._hidden(source, info):
            info.context.redactions.add(info.path.as_list(), Redacted(info._raw_info.parent_type.name, info.field_name, reason))
            return None
        if self.batch is None:
            return getattr(source, self.column or self.python_name)
        if isinstance(self.batch, Computed | GlobalId):
            return self.batch.of(source)
        arguments = {name: plain(value) for name, value in kwargs.items()}
        return info.context.batches.resolve(
            self.batch, info._raw_info.field_nodes, ROOT if source is None else source, arguments
        )

    def _hidden(self, source: Any, info: Info[Any, Any]) -> Reason | None:
        """Return why policy hides the field from the viewer, or None if it doesn't."""
        if isinstance(source, Record):
            return source.hidden.get(self.python_name)
        if self.ability is None:
            return None
        reason: Reason | None = info.context.denial_reason(self.ability)
        return reason


def arguments_of(
    field: GraphQLField,
    definition: StrawberryField,
    node: FieldNode,
    variables: VariableValues,
    converter: GraphQLCoreConverter,
    *,
    nulls: bool = False,
) -> dict[str, Any]:
    """Return a field's arguments as its resolver takes them. `nulls` is as in `plain`. Raises GraphQLError."""
    values = get_argument_values(field, node, variables)
    converted = convert_arguments(values, definition.arguments, converter.scalar_registry, converter.config)
    return {name: plain(value, nulls=nulls) for name, value in converted.items()}


def plain(value: Any, *, nulls: bool = False) -> Any:
    """Convert an argument's input objects to dictionaries of the fields that are present. Null fields are kept only if `nulls`."""
    if isinstance(getattr(type(value), "__strawberry_definition__", None), StrawberryObjectDefinition):
        present = {name: inner for name, inner in vars(value).items() if inner is not UNSET and (nulls or inner is not None)}
        return {name: plain(inner, nulls=nulls) for name, inner in present.items()}
    if isinstance(value, list):
        return [plain(inner, nulls=nulls) for inner in value]
    return value


def column(description: str, name: str | None = None) -> Any:
    """Declare a field that is a column. `name` is the column's name if it differs from the field's."""
    field = FieldDefinition(description=description)
    field.column = name
    return field


def resolved(
    batch: BatchResolver,
    description: str,
    arguments: Mapping[str, tuple[Any, str]] | None = None,
    ability: str | None = None,
    cost: int = 0,
) -> Any:
    """Declare a field that a batch resolver returns. `arguments` maps each argument's name to its type and description.

    A field that doesn't belong to a row can require an `ability`. Without it, the field is null with a reason. A field that reads
    many rows for one value has a `cost` in addition to that of its objects, once for all parents.
    """
    field = FieldDefinition(description=description)
    field.batch = batch
    field.ability = ability
    field.cost = cost
    field.arguments = [
        StrawberryArgument(name, None, StrawberryAnnotation(kind), description=text)
        for name, (kind, text) in (arguments or {}).items()
    ]
    return field
