"""What policy decides of a type and an action, for all viewers of a shape: which rows, and which fields of these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from policies.predicate import Predicate
from policies.reason import Reason


@dataclass(frozen=True, slots=True)
class FieldRule:
    """Who may read a field of a row that is visible, and why not.

    `visible` and `denials` are given that the row is visible. A field is hidden for the reason of the first denial that
    is true of the row, and `otherwise` where none is, since then no rule allows it.
    """

    visible: Predicate
    denials: tuple[tuple[Predicate, Reason], ...]
    otherwise: Reason


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Decision:
    """The rows that may be acted on, as a disjunction of branches, and the rule of every field that any rule names.

    What is made of one is kept as long as it is, and no longer: policy may be loaded anew.
    """

    entity: str
    action: str
    rows: Predicate
    fields: Mapping[str, FieldRule]
