"""The runner of extensions does what Strawberry's does, for every kind of hook, alone and together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from itertools import combinations
from typing import Any

import pytest
import strawberry
from strawberry.extensions import SchemaExtension

from schema.extensions.runner import Schema

STAGES = ("on_operation", "on_parse", "on_validate", "on_execute")
QUERIES = ("{ hello }", "{ hello broken }", "{ nonsense }", "{ hello")

journal: list[str] = []


@strawberry.type
class Query:
    hello: str = "hello"

    @strawberry.field
    def broken(self) -> str:
        """Always fails."""
        raise ValueError("broken")


def extension(name: str, kind: str, stages: tuple[str, ...]) -> type[SchemaExtension]:
    """An extension that notes when each of the stages begins and ends, by hooks of one kind."""

    def noting(stage: str) -> Callable[[Any], Any]:
        def generator(_self: Any) -> Iterator[None]:
            journal.append(f"{name} {stage} begins")
            yield
            journal.append(f"{name} {stage} ends")

        async def asynchronous(_self: Any) -> AsyncIterator[None]:
            journal.append(f"{name} {stage} begins")
            yield
            journal.append(f"{name} {stage} ends")

        def plain(_self: Any) -> None:
            journal.append(f"{name} {stage}")

        return {"generator": generator, "asynchronous": asynchronous, "plain": plain}[kind]

    return type(name, (SchemaExtension,), {stage: noting(stage) for stage in stages})


KINDS = ("generator", "asynchronous", "plain")
SINGLE = [(extension("one", kind, stages),) for kind in KINDS for count in (1, 2, 4) for stages in combinations(STAGES, count)]
PAIRS = [
    (extension("one", first, STAGES), extension("other", second, stages))
    for first in KINDS
    for second in KINDS
    for stages in (STAGES, STAGES[:1], STAGES[3:])
]


async def ran(schema: strawberry.Schema, query: str) -> tuple[list[str], Any, list[str]]:
    """What the hooks noted, and the answer."""
    journal.clear()
    result = await schema.execute(query)
    return [*journal], result.data, [error.message for error in result.errors or []]


@pytest.mark.parametrize("extensions", [(), *SINGLE, *PAIRS])
async def test_hooks_run_as_strawberry_runs_them(extensions: tuple[type[SchemaExtension], ...]) -> None:
    """The same hooks, in the same order, whatever becomes of the operation."""
    theirs, ours = strawberry.Schema(Query, extensions=extensions), Schema(Query, extensions=extensions)

    assert [await ran(theirs, query) for query in QUERIES] == [await ran(ours, query) for query in QUERIES]


async def test_a_hook_that_fails_fails_the_operation() -> None:
    """An exception of a hook is an error of the answer, as with Strawberry."""

    class Failing(SchemaExtension):
        def on_execute(self) -> Iterator[None]:
            raise ValueError("the hook failed")
            yield

    theirs, ours = strawberry.Schema(Query, extensions=[Failing]), Schema(Query, extensions=[Failing])

    assert (await ran(theirs, "{ hello }")) == (found := await ran(ours, "{ hello }"))
    assert ["the hook failed"] == found[2]
