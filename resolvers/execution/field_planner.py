"""The planner as the modules see it that plan one kind of field each: joined rows, and connections."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from graphql import Executor, GraphQLField, GraphQLObjectType
from graphql.execution.collect_fields import FieldDetails

from resolvers.execution.children import Arguments
from resolvers.execution.codegen import CodeNamespace
from resolvers.execution.field_sites import Code, Decide, FieldDescription, FieldSite, Grouped, RowAccess
from resolvers.execution.object_builders import ObjectBuilder
from resolvers.execution.redaction_tracking import RedactionTracker
from resolvers.execution.rows import Objects, Rows


class FieldPlanner(Protocol):
    """Plans the selections below a field. `Planner` implements it."""

    names: CodeNamespace
    decide: Decide
    executor: Executor[Any]

    def object(self, kind: GraphQLObjectType, grouped: Grouped, access: RowAccess | Objects, shape: ObjectBuilder) -> Code:
        """Plan an object's fields as code of the builder `shape`."""

    def shaped(
        self, kind: GraphQLObjectType, grouped: Grouped, access: Rows | Objects
    ) -> tuple[ObjectBuilder, RedactionTracker | None]:
        """Plan an object's fields in a builder of their own."""

    def described(self, kind: GraphQLObjectType, name: str) -> tuple[GraphQLField, FieldDescription]:
        """Return a field's definition and description. Raises NotPlannable."""

    def plain(self, kind: GraphQLObjectType, details: Sequence[FieldDetails]) -> Callable[[str], str]:
        """Return a function from the code of an object without policy to the code of its response. Raises NotPlannable."""

    def sub(self, kind: GraphQLObjectType, details: Sequence[FieldDetails]) -> Grouped:
        """Return the fields that are selected below a field, by response key."""

    def arguments(self, place: FieldSite) -> Arguments:
        """Return what reads the field's arguments."""

    def completed(self, place: FieldSite, code: str) -> Code:
        """Plan the completion of a value as the field's type."""
