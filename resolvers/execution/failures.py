"""Failures: errors of fields that a plan reports itself, at their places in the response.

A child leaves a `FieldFailed` in place of a value that it can't return. Once the data is complete, each becomes null and an
error with its path. A failed non-null field makes its parent null; the plan leaves that to graphql-core, except at the root.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from graphql import FieldNode, GraphQLError, located_error

from models.remembered_facts import StaleFacts
from resolvers.execution.codegen import NotPlannable

if TYPE_CHECKING:
    from resolvers.execution.object_builders import PlanRun

MAX_ERRORS: Final = 1000  # errors of one operation that a plan reports


class FieldFailed:
    """Stands in for a value that failed."""

    __slots__ = ("error", "nodes")

    def __init__(self, error: Exception, nodes: Sequence[FieldNode]) -> None:
        self.error = error
        self.nodes = nodes


@dataclass(frozen=True, slots=True)
class FailurePolicy:
    """How a field fails: its nodes, and whether the plan can report the error itself."""

    nodes: Sequence[FieldNode]
    reportable: bool

    def failed(self, error: Exception, run: PlanRun) -> FieldFailed:
        """Return what stands in for the value. Raises the error if graphql-core has to report it, and StaleFacts."""
        if not self.reportable or isinstance(error, NotPlannable | StaleFacts) or run.failures >= MAX_ERRORS:
            raise error
        run.failures += 1
        run.failing.add(id(self.nodes))
        return FieldFailed(error, self.nodes)


def errors_of(data: dict[str, Any], failures: int) -> list[GraphQLError]:
    """Return the errors of the places that failed, in the order of the answer, and set these places to null.

    If only root fields have failed, nothing below them is visited.
    """
    roots = [(each, data, key, [key]) for key, each in data.items() if each.__class__ is FieldFailed]
    found = roots if len(roots) == failures else list(_failed(data, (), set()))
    for _, holder, place, _ in found:
        holder[place] = None  # last, because an object can be in several places
    return [located_error(failed.error, failed.nodes, path) for failed, _, _, path in found]


def _failed(
    value: Any, path: tuple[str | int, ...], clean: set[int]
) -> Iterator[tuple[FieldFailed, Any, Any, list[str | int]]]:
    """Yield the failures below a value. An object that is in several places is visited once if it is `clean`."""
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
