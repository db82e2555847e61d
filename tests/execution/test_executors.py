"""The comparison itself: it finds two sides that differ by one byte of an answer or by an effect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

import tests.execution.specimen as specimen
from tests.execution.both_executors import Both
from tests.execution.executors import Difference, Reply, Sides


async def test_difference_is_reported_with_both_answers(sides: Sides) -> None:
    """The report has the request, the viewer and the answer of each side."""
    services = sides.off.state.services
    right = services.site_url
    object.__setattr__(services, "site_url", "http://elsewhere")
    try:
        with pytest.raises(
            Difference, match=r"as None[\s\S]*first: 1[\s\S]*planner on:  200[\s\S]*planner off: 200[\s\S]*elsewhere"
        ):
            await sides(None, "{ marketplaceProfiles(first: 1) { nodes { url } } }")
    finally:
        object.__setattr__(services, "site_url", right)


async def test_effect_repeated_on_one_side_is_a_difference(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journal is compared too, not only the answer."""
    execute = both.execute
    done: list[str] = []

    async def forgetful(schema: Any, query: str, operation: str | None, variables: dict[str, Any]) -> Any:
        outcome = await execute(schema, query, operation, variables)
        done.extend(outcome.done)
        return type(outcome)(outcome.body, outcome.raw, tuple(done), outcome.execution)

    monkeypatch.setattr(both, "execute", forgetful)

    with pytest.raises(AssertionError, match="planner off"):
        await both('mutation { write(word: "x") { total } }')


def test_executor_is_not_part_of_the_answer() -> None:
    """Status and body are, and so is the order of fields."""
    assert Reply(200, b"{}", "planned") == Reply(200, b"{}", None)
    assert Reply(200, b'{"a":1,"b":2}') != Reply(200, b'{"b":2,"a":1}')
    assert Reply(200, b"{}") != Reply(400, b"{}")


async def test_error_of_one_executor_is_found(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver that returns something else the second time makes a difference."""
    calls: list[int] = []

    def another(values: Sequence[Any]) -> list[Any]:
        calls.append(1)
        return list(values)[: len(calls)]

    monkeypatch.setattr(specimen, "BOOKS", Changing(another))

    with pytest.raises(AssertionError, match="planner on"):
        await both('{ person(id: "p1") { works { id } } }')


class Changing(list[Any]):
    """A list that is longer each time that it is walked."""

    def __init__(self, change: Any) -> None:
        super().__init__(specimen.WORKS[:1] * 3)
        self.change = change

    def __iter__(self) -> Any:
        return iter(self.change(list.copy(self)))
