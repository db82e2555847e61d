"""The extension runner behaves like Strawberry's for every kind of hook, alone and combined."""

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
    """Build an extension with hooks of one kind that log when each stage begins and ends."""

    def logging_hook(stage: str) -> Callable[[Any], Any]:
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

    return type(name, (SchemaExtension,), {stage: logging_hook(stage) for stage in stages})


KINDS = ("generator", "asynchronous", "plain")
SINGLE = [(extension("one", kind, stages),) for kind in KINDS for count in (1, 2, 4) for stages in combinations(STAGES, count)]
PAIRS = [
    (extension("one", first, STAGES), extension("other", second, stages))
    for first in KINDS
    for second in KINDS
    for stages in (STAGES, STAGES[:1], STAGES[3:])
]


async def run(schema: strawberry.Schema, query: str) -> tuple[list[str], Any, list[str]]:
    """Run a query and return the journal, the data and the error messages."""
    journal.clear()
    result = await schema.execute(query)
    return [*journal], result.data, [error.message for error in result.errors or []]


@pytest.mark.parametrize("extensions", [(), *SINGLE, *PAIRS])
async def test_hooks_run_as_strawberry_runs_them(extensions: tuple[type[SchemaExtension], ...]) -> None:
    """The same hooks run in the same order, whether the operation succeeds or fails."""
    theirs, ours = strawberry.Schema(Query, extensions=extensions), Schema(Query, extensions=extensions)

    assert [await run(theirs, query) for query in QUERIES] == [await run(ours, query) for query in QUERIES]


async def test_failing_hook_fails_the_operation() -> None:
    """An exception in a hook becomes an error in the response, as with Strawberry."""

    class Failing(SchemaExtension):
        def on_execute(self) -> Iterator[None]:
            raise ValueError("the hook failed")
            yield

    theirs, ours = strawberry.Schema(Query, extensions=[Failing]), Schema(Query, extensions=[Failing])

    assert (await run(theirs, "{ hello }")) == (outcome := await run(ours, "{ hello }"))
    assert ["the hook failed"] == outcome[2]
