"""Rows with unknown values: a cell for each column that's used, with NULL as a separate fact.

The solver represents strings, keys and times as numbers. Each literal of the policy has its own number, so distinct literals differ.
Any other number is some text that no rule names. A value that no rule can compare has only its NULL fact.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
import z3

from policies.analysis.verdicts import comparable_type

EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = 10**15  # microseconds after EPOCH
FRESH: Final = 1_000_000  # first of the keys given to columns that no rule reads


@dataclass(frozen=True, slots=True)
class Cell:
    """One value: whether it's NULL, and its value otherwise. The value is None if no rule can compare it."""

    null: Any
    value: Any


class LiteralNumbers:
    """Assigns a number to each literal."""

    def __init__(self) -> None:
        """Start without literals."""
        self._numbers: dict[str, int] = {}

    def number(self, word: str) -> int:
        """Return the number of a literal. It's always the same for one literal."""
        return self._numbers.setdefault(word, len(self._numbers))

    def word(self, number: int) -> str:
        """Return the literal of a number, or a text that isn't a literal."""
        known = {value: word for word, value in self._numbers.items()}
        return known.get(number, f"text {number}")


class UnknownRow:
    """A table row with unknown values. Only what always holds for its columns is known: NOT NULL, closed lists, ranges."""

    def __init__(self, table: sa.FromClause, name: str, words: LiteralNumbers) -> None:
        """Create a row. `name` distinguishes it from the other rows of a question."""
        self.table = table
        self.cells: dict[str, Cell] = {}
        self.facts: list[Any] = []
        self._columns = {column.name: column for column in table.c if isinstance(column, sa.Column)}
        self._name = name
        self._words = words

    def cell(self, name: str) -> Cell:
        """Return the cell of a column."""
        if name not in self.cells:
            self.cells[name] = self._create_cell(self._columns[name])
        return self.cells[name]

    def values(self, model: Any) -> dict[str, Any]:
        """Return the values of all columns in a model. A column that no rule reads is NULL or any valid value."""
        return {
            name: self._value(column, self.cells[name], model) if name in self.cells else _any_value(column, FRESH + place)
            for place, (name, column) in enumerate(self._columns.items())
        }

    def _create_cell(self, column: sa.Column[Any]) -> Cell:
        label = f"{self._name}.{column.name}"
        null = z3.Bool(f"{label} is null") if column.nullable else z3.BoolVal(False)
        stored = comparable_type(column)
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
        stored = comparable_type(column)
        if stored is None:
            return _any_value(column, FRESH)
        return decoded(stored, model.eval(cell.value, model_completion=True), self._words)


def decoded(stored: type, value: Any, words: LiteralNumbers) -> Any:
    """Convert a model value to Python."""
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


def _range(column: sa.Column[Any], stored: type, value: Any, words: LiteralNumbers) -> Any:
    """Return the constraint on the values that PostgreSQL allows in a column."""
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


def _any_value(column: sa.Column[Any], fresh: int) -> Any:
    if column.nullable:
        return None
    if isinstance(column.type, sa.Enum):
        return column.type.enums[0]
    known = {bool: False, int: 1, str: "any", uuid.UUID: uuid.UUID(int=fresh), date: EPOCH.date(), datetime: EPOCH}
    return known.get(comparable_type(column) or object)
