"""The text of the matrix's cells, for any markup. Conditions too long for a cell become numbered notes below the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from policies.analysis.matrix import Cell
from policies.analysis.viewer_classes import listed
from policies.predicates.predicate import FALSE, TRUE, Predicate, show

MAX_CONDITION_LENGTH: Final = 64  # characters, in a cell: enough to compare the owner and its partner
NO_ROW: Final = "no row"
INTRODUCTION: Final = (
    "For each type, who can read which rows and fields, and who can do what. Each column is a class of viewers that the table treats "
    "alike; together the columns cover every possible viewer. A field's cell is about the rows that the viewer can read, and says "
    f"“{NO_ROW}” if the viewer can read none. After “else” comes the reason why the field is hidden in the other rows."
)


class Notes:
    """The long conditions of a table, numbered from 1 in order of appearance."""

    def __init__(self, as_code: Callable[[str], str]) -> None:
        """`as_code` marks a condition up as code."""
        self._as_code = as_code
        self._numbers: dict[str, int] = {}

    @property
    def texts(self) -> list[str]:
        """The conditions, marked up as code."""
        return [self._as_code(text) for text in self._numbers]

    def condition(self, predicate: Predicate) -> str:
        """Return the condition, or the number of its note if it's long."""
        text = show(predicate)
        return (
            self._as_code(text)
            if len(text) <= MAX_CONDITION_LENGTH
            else f"({self._numbers.setdefault(text, len(self._numbers) + 1)})"
        )


def worded(cell: Cell | None, condition: Callable[[Predicate], str]) -> str:
    """Return a cell's text: "always", "never (REASON)" or "if CONDITION, else REASON"."""
    if cell is None:
        return NO_ROW
    reasons = listed(cell.reasons, "or")
    if cell.where == FALSE:
        return f"never ({reasons})" if reasons else "never"
    if cell.where == TRUE:
        return "always"
    return f"if {condition(cell.where)}" + (f", else {reasons}" if reasons else "")
