"""Batches: a resolver is written once for all parents of a level, and is called once for them.

graphql-core resolves a field of each object alone. Here each such call waits in a loader of its field, and when all siblings wait,
the batch resolver runs once with all of them. The number of its SQL statements therefore does not grow with its parents.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from aiodataloader import DataLoader
from graphql import FieldNode

if TYPE_CHECKING:
    from asyncio import Future

    from resolvers.context import Context


BatchResolver: TypeAlias = Callable[..., Awaitable[Sequence[Any]]]
"""`(parents, context, **arguments)` to one value for each parent, in their order. A value may be an exception."""


class Batches:
    """The fields of one request that wait for their siblings."""

    def __init__(self, context: Context) -> None:
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
