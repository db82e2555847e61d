"""Records: rows as the viewer can see them. A hidden field is listed with its reason, and its resolver is never called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policies.reason import Reason

NOTHING_HIDDEN: Mapping[str, Reason] = {}


class Record:
    """A row of a type under policy, and its hidden fields. Columns are attributes."""

    __slots__ = ("entity", "hidden", "row")

    def __init__(self, entity: str, row: Any, hidden: Mapping[str, Reason] = NOTHING_HIDDEN) -> None:
        self.entity = entity
        self.row = row
        self.hidden = hidden

    def __getattr__(self, column: str) -> Any:
        return getattr(self.row, column)
