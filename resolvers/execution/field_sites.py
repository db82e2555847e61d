"""Places: what the planner knows of a field while it decides how its values are come by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from graphql import FieldNode, GraphQLField, GraphQLList, GraphQLNonNull, GraphQLOutputType
from graphql.execution.collect_fields import FieldDetails
from graphql.execution.values import VariableValues

from policies.policy import Decision
from policies.reason import Reason
from resolvers.execution.codegen import CodeNamespace, NotJoinable
from resolvers.execution.failures import FailurePolicy
from resolvers.execution.object_builders import ChildStep, ColumnReader, ObjectBuilder
from resolvers.execution.redaction_tracking import FieldsTracker, ItemsTracker, RedactionTracker
from resolvers.execution.rows import JoinedRow, Objects, Rows
from resolvers.reading.allowed_actions import AllowedActions
from resolvers.reading.batching import BatchResolver

Grouped: TypeAlias = Mapping[str, Sequence[FieldDetails]]
Code: TypeAlias = tuple[str, RedactionTracker | None]
RowAccess: TypeAlias = Rows | JoinedRow
Decide: TypeAlias = Callable[[str], Decision]
"""What policy decides of reading a type, for the viewers that the plan is made for."""
RightsOf: TypeAlias = Callable[[str], AllowedActions]
"""What those viewers may do to things of a type."""
Withheld: TypeAlias = Callable[[str], Reason | None]
"""Why those viewers do not have an ability, None if they have it."""


class FieldDescription(Protocol):
    """What the schema says of a field."""

    @property
    def name(self) -> str:
        """The field's name for policy."""

    @property
    def column(self) -> str:
        """The column, or attribute, that it is."""

    @property
    def batch(self) -> BatchResolver | None:
        """Its resolver, if it has one."""

    @property
    def ability(self) -> str | None:
        """What the viewer has to be able to, if the field is of no row."""

    def given(self, node: FieldNode) -> Sequence[tuple[str, str]] | None:
        """Each argument's name for resolvers and the variable that it is, if all arguments are variables taken as they are."""

    def arguments(self, node: FieldNode, variables: VariableValues) -> dict[str, Any]:
        """The arguments as resolvers take them."""


Describe: TypeAlias = Callable[[GraphQLField], FieldDescription | None]
"""The description of a field, None for one that has a resolver without a batch form."""


@dataclass(slots=True)
class FieldSite:
    """A field of a selection: what the schema says of it, the rows it stands in, and the code that tells where it is visible."""

    definition: GraphQLField
    described: FieldDescription
    details: Sequence[FieldDetails]
    access: RowAccess | Objects
    shape: ObjectBuilder
    visible: str | None = None

    @property
    def kind(self) -> GraphQLOutputType:
        """The type of the field's value."""
        return self.definition.type

    @property
    def is_required(self) -> bool:
        """Whether its value is never null."""
        return isinstance(self.definition.type, GraphQLNonNull)

    @property
    def failure_policy(self) -> FailurePolicy:
        """How its value fails: the plan tells it where null stays in its place, or at the root."""
        return FailurePolicy([each.node for each in self.details], not self.is_required or self.shape.is_root)

    def guarded(self, code: str) -> str:
        """Code that gives None where the field is hidden."""
        return code if self.visible is None else f"({code} if {self.visible} else None)"

    @property
    def rows(self) -> Rows | Objects:
        """The rows that a child can be asked for. Raises Inseparable where there are none of its own."""
        if isinstance(self.access, JoinedRow):
            raise NotJoinable("a joined row cannot wait for anything")
        return self.access

    def keys(self, names: CodeNamespace, column: str) -> ColumnReader:
        """What reads a column of all rows, None where the field is hidden."""
        return ColumnReader(self.rows, names, self.guarded(self.access.read(column)))


class NoChildren(ObjectBuilder):
    """The shape of what cannot have a child of its own, and is no list either."""

    def __init__(self, names: CodeNamespace) -> None:
        super().__init__(Objects(), names)

    def child(self, child: ChildStep) -> str:  # noqa: ARG002
        """Refuse it."""
        raise NotJoinable("a child of a joined row")


def object_literal(made: Mapping[str, Code]) -> Code:
    """The code of an object of the response, from that of its fields."""
    watches = {key: watch for key, (_, watch) in made.items() if watch is not None}
    code = ", ".join(f"{key!r}: {code}" for key, (code, _) in made.items())
    return f"{{{code}}}", FieldsTracker(watches) if watches else None


def null_refusals(kind: GraphQLOutputType) -> tuple[bool, ...]:
    """At each depth of a type's lists whether null is refused, outermost first."""
    never_null = isinstance(kind, GraphQLNonNull)
    inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    return (never_null, *(null_refusals(inner.of_type) if isinstance(inner, GraphQLList) else ()))


def track_list(kind: GraphQLOutputType, watch: RedactionTracker | None) -> RedactionTracker | None:
    """The watch of a value of a type, from that of its objects."""
    if watch is None:
        return None
    for _ in null_refusals(kind)[1:]:
        watch = ItemsTracker(watch)
    return watch
