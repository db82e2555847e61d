"""Field sites: what the planner knows of a selected field while it decides how to get its values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from graphql import FieldNode, GraphQLField, GraphQLList, GraphQLNonNull, GraphQLOutputType
from graphql.execution.collect_fields import FieldDetails
from graphql.execution.values import VariableValues

from policies.evaluation.policy import Decision
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
"""Return the policy's decision on reading a type, for the viewers that the plan is for."""
AllowedActionsOf: TypeAlias = Callable[[str], AllowedActions]
"""Return what those viewers can do to objects of a type."""
Unnamed: TypeAlias = Callable[[str], frozenset[str]]
"""Return the fields of a type whose names those viewers don't learn."""
DenialReason: TypeAlias = Callable[[str], Reason | None]
"""Return why those viewers lack an ability, or None if they have it."""


class FieldDescription(Protocol):
    """What the schema says of a field."""

    @property
    def name(self) -> str:
        """The field's name in the policy."""

    @property
    def column(self) -> str:
        """The column or attribute that the field reads."""

    @property
    def batch(self) -> BatchResolver | None:
        """The field's resolver, if it has one."""

    @property
    def ability(self) -> str | None:
        """The ability that the viewer needs, if the field doesn't belong to a row."""

    def argument_variables(self, node: FieldNode) -> Sequence[tuple[str, str]] | None:
        """Return each argument's resolver name and variable, or None unless all arguments are variables used as they are."""

    def arguments(self, node: FieldNode, variables: VariableValues) -> dict[str, Any]:
        """Return the arguments as resolvers take them."""


Describe: TypeAlias = Callable[[GraphQLField], FieldDescription | None]
"""Return the description of a field, or None if its resolver has no batch form."""


@dataclass(slots=True)
class FieldSite:
    """A selected field: its definition, the rows that it belongs to, and the code of the condition for its visibility."""

    definition: GraphQLField
    description: FieldDescription
    details: Sequence[FieldDetails]
    access: RowAccess | Objects
    builder: ObjectBuilder
    visible: str | None = None

    @property
    def kind(self) -> GraphQLOutputType:
        """The type of the field's value."""
        return self.definition.type

    @property
    def is_required(self) -> bool:
        """Whether the value is never null."""
        return isinstance(self.definition.type, GraphQLNonNull)

    @property
    def failure_policy(self) -> FailurePolicy:
        """How the field fails. The plan reports the error itself if null stays in the field's place, or at the root."""
        return FailurePolicy([each.node for each in self.details], not self.is_required or self.builder.is_root)

    def guarded(self, code: str) -> str:
        """Return code that evaluates to None if the field is hidden."""
        return code if self.visible is None else f"({code} if {self.visible} else None)"

    @property
    def rows(self) -> Rows | Objects:
        """The rows that children are loaded for. Raises NotJoinable for a joined row, which has none of its own."""
        if isinstance(self.access, JoinedRow):
            raise NotJoinable("a joined row can't have children")
        return self.access

    def keys(self, names: CodeNamespace, column: str) -> ColumnReader:
        """Return a reader of a column of all rows, with None where the field is hidden."""
        return ColumnReader(self.rows, names, self.guarded(self.access.read(column)))


class NoChildren(ObjectBuilder):
    """The builder of an object that can't have children and isn't in a list."""

    def __init__(self, names: CodeNamespace) -> None:
        super().__init__(Objects(), names)

    def add_child(self, child: ChildStep) -> str:  # noqa: ARG002
        """Refuse the child. Raises NotJoinable."""
        raise NotJoinable("a child of a joined row")


def object_literal(fields: Mapping[str, Code]) -> Code:
    """Return the code of an object of the response, from the code of its fields."""
    trackers = {key: tracker for key, (_, tracker) in fields.items() if tracker is not None}
    code = ", ".join(f"{key!r}: {code}" for key, (code, _) in fields.items())
    return f"{{{code}}}", FieldsTracker(trackers) if trackers else None


def null_refusals(kind: GraphQLOutputType) -> tuple[bool, ...]:
    """Return, for each depth of a type's lists from the outside in, whether null is refused."""
    never_null = isinstance(kind, GraphQLNonNull)
    inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    return (never_null, *(null_refusals(inner.of_type) if isinstance(inner, GraphQLList) else ()))


def track_list(kind: GraphQLOutputType, tracker: RedactionTracker | None) -> RedactionTracker | None:
    """Return the tracker of a value of a type, from the tracker of its objects."""
    if tracker is None:
        return None
    for _ in null_refusals(kind)[1:]:
        tracker = ItemsTracker(tracker)
    return tracker
