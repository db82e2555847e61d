"""Mutations of the test schema, and the journal of their effects."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import strawberry

from policies.viewer import Viewer
from resolvers.context import Context, Services
from schema.building.fields import column, resolved
from tests.execution.faults import fault


class Journal(Context):
    """A context that records the effects of its operation."""

    def __init__(self, services: Services, viewer: Viewer) -> None:
        super().__init__(services, viewer)
        self.done: list[str] = []


class State:
    """The result of a mutation."""

    def __init__(self, journal: Journal) -> None:
        self.total = len(journal.done)
        self.journal = journal


async def writing(roots: Sequence[object], context: Any, *, word: str, pause: int = 0) -> list[State]:
    """Write a word to the journal, after `pause` turns of the event loop."""
    for _ in range(pause):
        await asyncio.sleep(0)
    context.done.append(word)
    return [State(context) for _ in roots]


async def refusing(_roots: Sequence[object], context: Any, *, kind: str) -> list[State]:
    """Record the attempt, then fail."""
    context.done.append(f"tried {kind}")
    raise fault(kind)


async def history(states: Sequence[State], _context: Context) -> list[list[str]]:
    """Return all words so far. Later mutations must not have written theirs yet."""
    return [list(state.journal.done) for state in states]


@strawberry.type
class Written:
    total: int = column("The number of words.")
    history: list[str] = resolved(history, "All words when this was resolved.")


@strawberry.type
class Mutation:
    write: Written = resolved(writing, "Write a word.", {"word": (str, "What."), "pause": (int | None, "How late.")})
    refuse: Written | None = resolved(refusing, "Fail.", {"kind": (str, "How.")})
    must_refuse: Written = resolved(refusing, "Fail, and never be null.", {"kind": (str, "How.")})

    @strawberry.mutation
    async def custom(self, info: strawberry.Info, word: str) -> int:
        await asyncio.sleep(0)
        info.context.done.append(word)
        return len(info.context.done)
