"""Rows whose values are unknown: a cell for each column that is asked for, NULL being a fact beside its value.

Words, keys and times are numbers to the solver: a literal of the policy has a number of its own, so that distinct words differ, and
every other number is some text that no rule names. Values of a kind that no rule can compare have only their NULL.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
import z3

from policies.verdicts import kind

EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = 10**15  # microseconds after EPOCH
FRESH: Final = 1_000_000  # keys from here on stand where no rule looks


@dataclass(frozen=True, slots=True)
class Cell:
    """One value: whether it is NULL, and what it is if not; None where no rule can compare it."""

    null: Any
    value: Any


class Words:
    """The numbers of literals."""

    def __init__(self) -> None:
        """Begin with no literal."""
        self._numbers: dict[str, int] = {}

    def number(self, word: str) -> int:
        """The number of a literal, always the same."""
        return self._numbers.setdefault(word, len(self._numbers))

    def word(self, number: int) -> str:
        """The literal of a number, or a text that is none."""
        known = {value: word for word, value in self._numbers.items()}
        return known.get(number, f"text {number}")


class Unknown:
    """A row of a table of which nothing is known but what is always true of its columns: NOT NULL, closed lists, ranges."""

    def __init__(self, table: sa.FromClause, name: str, words: Words) -> None:
        """`name` tells it from the other rows of a question."""
        self.table = table
        self.cells: dict[str, Cell] = {}
        self.facts: list[Any] = []
        self._columns = {column.name: column for column in table.c if isinstance(column, sa.Column)}
        self._name = name
        self._words = words

    def cell(self, name: str) -> Cell:
        """The cell of a column."""
        if name not in self.cells:
            self.cells[name] = self._made(self._columns[name])
        return self.cells[name]

    def values(self, model: Any) -> dict[str, Any]:
        """The values of all columns in a model; where no rule looks, NULL or whatever the column takes."""
        return {
            name: self._value(column, self.cells[name], model) if name in self.cells else _anything(column, FRESH + place)
            for place, (name, column) in enumerate(self._columns.items())
        }

    def _made(self, column: sa.Column[Any]) -> Cell:
        label = f"{self._name}.{column.name}"
        null = z3.Bool(f"{label} is null") if column.nullable else z3.BoolVal(False)
        stored = kind(column)
        if stored is bool:
            return Cell(null, z3.Bool(label))
        if stored is None:
            return Cell(null, None)
        value = z3.Int(label)
        self.facts.append(_range(column, stored, value, self._words))
        return Cell(null, value)

    def _value(self, column: sa.Column[Any], cell: Cell, model: Any) -> Any:
        if z3.is_true(model.eval(cell.null, model_completion=True)):
            return None
        stored = kind(column)
        if stored is None:
            return _anything(column, FRESH)
        return decoded(stored, model.eval(cell.value, model_completion=True), self._words)


def decoded(stored: type, value: Any, words: Words) -> Any:
    """A value of a model as Python has it."""
    if stored is bool:
        return bool(z3.is_true(value))
    number: int = value.as_long()
    if stored is str:
        return words.word(number)
    if stored is uuid.UUID:
        return uuid.UUID(int=number)
    if stored is date:
        return date.fromordinal(number)
    return EPOCH + timedelta(microseconds=number) if stored is datetime else number


def _range(column: sa.Column[Any], stored: type, value: Any, words: Words) -> Any:
    """What PostgreSQL lets a column hold."""
    if isinstance(column.type, sa.Enum):
        return z3.Or([value == words.number(word) for word in column.type.enums])
    if stored is int:
        bits = 63 if isinstance(column.type, sa.BigInteger) else 31
        return z3.And(value >= -(2**bits), value < 2**bits)
    if stored is uuid.UUID:
        return z3.And(value >= 1, value < 2**128)
    if stored is date:
        return z3.And(value >= 1, value <= date.max.toordinal())
    return z3.And(value >= 0, value <= LATEST) if stored is datetime else z3.BoolVal(True)


def _anything(column: sa.Column[Any], fresh: int) -> Any:
    if column.nullable:
        return None
    if isinstance(column.type, sa.Enum):
        return column.type.enums[0]
    known = {bool: False, int: 1, str: "any", uuid.UUID: uuid.UUID(int=fresh), date: EPOCH.date(), datetime: EPOCH}
    return known.get(kind(column) or object)
