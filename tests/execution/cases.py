"""Test cases of execution: an operation with its variables, and the expected answer including the order of its fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import pytest

from tests.execution.both_executors import Both

ABSTRACT: Final = ("media {", "things {")  # the planner only runs abstract types whose types are under policy


@dataclass(frozen=True)
class Case:
    """An operation without errors that the planner must run itself, and the expected data."""

    query: str
    data: Any
    variables: dict[str, Any] = field(default_factory=dict)

    async def check(self, both: Both) -> None:
        """Check that both executors return this data and nothing else, and that one of them is the planner."""
        abstract = any(name in self.query for name in ABSTRACT)
        outcome = await (both if abstract else both.planned)(self.query, **self.variables)

        assert orjson.dumps({"data": self.data, "errors": [], "extensions": {}}) == outcome.body


@dataclass(frozen=True)
class Failing:
    """An operation with errors, the expected data, and the code, message and path of each error."""

    query: str
    data: Any
    errors: list[tuple[str, str, Any]]
    variables: dict[str, Any] = field(default_factory=dict)

    async def check(self, both: Both) -> None:
        """Check that both executors return this data and these errors, in this order."""
        outcome = await both(self.query, **self.variables)

        assert (orjson.dumps(self.data), self.errors) == (orjson.dumps(outcome.data), outcome.errors)


def named(cases: Mapping[str, Any]) -> pytest.MarkDecorator:
    """Parametrize a test with cases, under their names."""
    return pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in cases.items()])
