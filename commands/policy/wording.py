"""How a cell of the matrix reads, in whatever markup. Conditions that are too long for a cell become notes below their table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from policies.matrix import Cell
from policies.predicate import FALSE, TRUE, Predicate, show
from policies.viewer_classes import listed

LONGEST: Final = 64  # characters of a condition within a cell: whose it is, and whose its partner is
NO_ROW: Final = "no row"
INTRODUCTION: Final = (
    "For each type, who can read which rows and fields, and who can do what. Each column is a class of viewers that the table treats "
    "alike; together the columns cover every possible viewer. A field's cell is about the rows that the viewer can read, and says "
    f"“{NO_ROW}” if the viewer can read none. After “else” comes the reason why the field is hidden in the other rows."
)


class Notes:
    """The long conditions of a table, numbered from 1 in the order in which they come."""

    def __init__(self, written: Callable[[str], str]) -> None:
        """`written` marks a condition up as code."""
        self._written = written
        self._numbers: dict[str, int] = {}

    @property
    def texts(self) -> list[str]:
        """The conditions, marked up."""
        return [self._written(text) for text in self._numbers]

    def condition(self, predicate: Predicate) -> str:
        """The condition, or the number of its note."""
        text = show(predicate)
        return self._written(text) if len(text) <= LONGEST else f"({self._numbers.setdefault(text, len(self._numbers) + 1)})"


def worded(cell: Cell | None, condition: Callable[[Predicate], str]) -> str:
    """A cell: "always", "never (REASON)", or "if CONDITION, else REASON"."""
    if cell is None:
        return NO_ROW
    reasons = listed(cell.reasons, "or")
    if cell.where == FALSE:
        return f"never ({reasons})" if reasons else "never"
    if cell.where == TRUE:
        return "always"
    return f"if {condition(cell.where)}" + (f", else {reasons}" if reasons else "")
