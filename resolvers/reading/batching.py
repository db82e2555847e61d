"""Batching: a resolver is written for all parents of a level, and runs once for all of them.

graphql-core resolves a field of each object separately. Here each such call waits in a loader of its field. When all siblings
wait, the batch resolver runs once, so the number of its SQL statements doesn't grow with its parents.

The planner (resolvers.execution) calls the same resolvers with all parents. It recognises `Computed` and those of
`reading.field_sources` by their type, and compiles them into statements and expressions.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from aiodataloader import DataLoader
from graphql import FieldNode

if TYPE_CHECKING:
    from asyncio import Future


ROOT: Final = object()  # the parent of the fields of Query
BatchResolver: TypeAlias = Callable[..., Awaitable[Sequence[Any]]]
"""`(parents, context, **arguments)` to one value for each parent, in their order. A value can be an exception."""


@dataclass(frozen=True, slots=True)
class Computed:
    """A value that `make` computes from columns of the parent, passed by position. Nothing is loaded for it."""

    make: Callable[..., Any]
    columns: tuple[str, ...]

    async def __call__(self, parents: Sequence[Any], _context: object) -> list[Any]:
        """Return the value for each parent."""
        return [self.of(parent) for parent in parents]

    def of(self, parent: Any) -> Any:
        """Return the value for one parent."""
        return self.make(*(getattr(parent, column) for column in self.columns))


def reads_columns(*columns: str) -> Callable[[BatchResolver], BatchResolver]:
    """Declare which columns of its parents a batch resolver reads. Without it, all columns are loaded."""

    def decorate(resolver: BatchResolver) -> BatchResolver:
        resolver.needs = columns  # type: ignore[attr-defined]
        return resolver

    return decorate


class Batches:
    """The fields of one request that wait for their siblings."""

    def __init__(self, context: object) -> None:
        self._context = context
        self._waiting: dict[tuple[BatchResolver, tuple[int, ...]], DataLoader[Any, Any]] = {}

    def resolve(self, resolver: BatchResolver, nodes: list[FieldNode], parent: Any, arguments: dict[str, Any]) -> Future[Any]:
        """Return a future of a field of `parent`. The same nodes of a document have the same arguments."""
        key = (resolver, tuple(map(id, nodes)))
        loader = self._waiting.get(key)
        if loader is None:

            async def run(parents: list[Any]) -> list[Any]:
                return list(await resolver(parents, self._context, **arguments))

            loader = self._waiting[key] = DataLoader(run, cache=False)
        return loader.load(parent)
