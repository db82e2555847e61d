"""Batches: a resolver is written once for all parents of a level, and is called once for them.

graphql-core resolves a field of each object alone. Here each such call waits in a loader of its field, and when all siblings wait,
the batch resolver runs once with all of them. The number of its SQL statements therefore does not grow with its parents.
The planner (resolvers.execution) calls the same resolvers with all parents at once. Those of `resolvers.common` and those below it
knows by their kind, and turns them into statements and expressions of their own.
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
"""`(parents, context, **arguments)` to one value for each parent, in their order. A value may be an exception."""


@dataclass(frozen=True, slots=True)
class Computed:
    """A value that `make` makes of some columns of each parent, given by position: nothing has to be loaded for it."""

    make: Callable[..., Any]
    columns: tuple[str, ...]

    async def __call__(self, parents: Sequence[Any], _context: object) -> list[Any]:
        """The value of each parent."""
        return [self.of(parent) for parent in parents]

    def of(self, parent: Any) -> Any:
        """The value of one parent."""
        return self.make(*(getattr(parent, column) for column in self.columns))


def reads_columns(*columns: str) -> Callable[[BatchResolver], BatchResolver]:
    """Say which columns of its parents a batch resolver reads; without it all of them are loaded."""

    def noted(resolver: BatchResolver) -> BatchResolver:
        resolver.needs = columns  # type: ignore[attr-defined]
        return resolver

    return noted


class Batches:
    """The fields of one request that wait for their siblings."""

    def __init__(self, context: object) -> None:
        self._context = context
        self._waiting: dict[tuple[BatchResolver, tuple[int, ...]], DataLoader[Any, Any]] = {}

    def resolve(self, resolver: BatchResolver, nodes: list[FieldNode], parent: Any, arguments: dict[str, Any]) -> Future[Any]:
        """The value of a field of `parent`, once the batch has run. The same nodes of a document have the same arguments."""
        key = (resolver, tuple(map(id, nodes)))
        loader = self._waiting.get(key)
        if loader is None:

            async def run(parents: list[Any]) -> list[Any]:
                return list(await resolver(parents, self._context, **arguments))

            loader = self._waiting[key] = DataLoader(run, cache=False)
        return loader.load(parent)
