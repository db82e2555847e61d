"""Failures: errors of fields that a plan tells itself, in the places where they happen.

A child leaves a `FieldFailed` in the place of a value that it cannot give. Once the data is there, each of them becomes null and an error
with its path. A place that is never null makes null of what is above it, which the plan leaves to graphql-core, but at the root.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from graphql import FieldNode, GraphQLError, located_error

from resolvers.execution.codegen import NotPlannable

if TYPE_CHECKING:
    from resolvers.execution.object_builders import PlanRun

MAX_ERRORS: Final = 1000  # errors that a plan tells of one operation


class FieldFailed:
    """What stands in the place of a value that failed."""

    __slots__ = ("error", "nodes")

    def __init__(self, error: Exception, nodes: Sequence[FieldNode]) -> None:
        self.error = error
        self.nodes = nodes


@dataclass(frozen=True, slots=True)
class FailurePolicy:
    """How a field fails: its nodes, and whether the plan can tell so itself."""

    nodes: Sequence[FieldNode]
    told: bool

    def failed(self, error: Exception, run: PlanRun) -> FieldFailed:
        """What stands in the place of the value. Raises the error where graphql-core has to tell it."""
        if not self.told or isinstance(error, NotPlannable) or run.failures >= MAX_ERRORS:
            raise error
        run.failures += 1
        run.failing.add(id(self.nodes))
        return FieldFailed(error, self.nodes)


def errors_of(data: dict[str, Any], failures: int) -> list[GraphQLError]:
    """The errors of the places that failed, in the order of the answer; these places are null then.

    Where all of them are root fields, nothing below is looked at.
    """
    roots = [(each, data, key, [key]) for key, each in data.items() if each.__class__ is FieldFailed]
    found = roots if len(roots) == failures else list(_failed(data, (), set()))
    for _, holder, place, _ in found:
        holder[place] = None  # at the end, for an object may stand in several places
    return [located_error(failed.error, failed.nodes, path) for failed, _, _, path in found]


def _failed(
    value: Any, path: tuple[str | int, ...], clean: set[int]
) -> Iterator[tuple[FieldFailed, Any, Any, list[str | int]]]:
    """The failures below a value. An object that stands in several places is looked at once if it is `clean`."""
    is_clean = True
    for place, each in value.items() if value.__class__ is dict else enumerate(value):
        if each.__class__ is FieldFailed:
            is_clean = False
            yield each, value, place, [*path, place]
        elif (each.__class__ is dict or each.__class__ is list) and id(each) not in clean:
            yield from _failed(each, (*path, place), clean)
            is_clean = is_clean and id(each) in clean
    if is_clean:
        clean.add(id(value))
