"""Masks: which fields of a row are hidden from the viewer. A mask is built once for each viewer shape.

Fields that all rows hide, or all rows show, are decided when the mask is built. Generated Python evaluates conditions on the
row's own columns. The database evaluates conditions on linked rows, as extra columns of the row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policies.evaluation.decision import Decision, FieldRule, cached_with_decision
from policies.predicates.masks import compile_predicate, is_local
from policies.predicates.predicate import FALSE, TRUE, Predicate
from policies.reason import Reason
from policies.viewer import Viewer
from resolvers.reading.records import Record

Verdict = Callable[[Any, Viewer], bool]


@dataclass(frozen=True, slots=True)
class FieldMask:
    """A field that some rows hide: when it is visible, and the reasons to try in order when it isn't."""

    field: str
    visible: Verdict
    denials: tuple[tuple[Verdict, Reason], ...]
    otherwise: Reason

    def reason(self, row: Any, viewer: Viewer) -> Reason:
        """Return why the row hides the field."""
        return next((reason for denies, reason in self.denials if denies(row, viewer)), self.otherwise)


class Mask:
    """The mask of one type for one viewer shape."""

    def __init__(self, decision: Decision) -> None:
        self.entity = decision.entity
        self.computed: tuple[tuple[str, Predicate], ...] = tuple(
            (f"mask_{n}", predicate) for n, predicate in enumerate(_linked_predicates(decision.fields.values()))
        )
        self._always: Mapping[str, Reason] = {
            name: constant_reason(rule)
            for name, rule in decision.fields.items()
            if is_row_independent(rule) and rule.visible != TRUE
        }
        self._fields = [
            self._field(name, rule)
            for name, rule in decision.fields.items()
            if rule.visible != TRUE and not is_row_independent(rule)
        ]

    def records(self, rows: Sequence[Any], viewer: Viewer) -> list[Record]:
        """Return the rows as records, each with the fields that it hides from the viewer."""
        if not self._fields:
            return [Record(self.entity, row, self._always) for row in rows]
        return [Record(self.entity, row, self._hidden(row, viewer)) for row in rows]

    def _hidden(self, row: Any, viewer: Viewer) -> Mapping[str, Reason]:
        by_row = {mask.field: mask.reason(row, viewer) for mask in self._fields if not mask.visible(row, viewer)}
        return {**self._always, **by_row}

    def _field(self, name: str, rule: FieldRule) -> FieldMask:
        denials = tuple((self._verdict(predicate), reason) for predicate, reason in rule.denials)
        return FieldMask(name, self._verdict(rule.visible), denials, rule.default_reason)

    def _verdict(self, predicate: Predicate) -> Verdict:
        if is_local(predicate):
            return compile_predicate(predicate)
        column = self.column(predicate)
        return lambda row, _viewer: bool(getattr(row, column))

    def column(self, predicate: Predicate) -> str:
        """Return the name of the computed column that holds a predicate over linked rows."""
        return next(column for column, computed in self.computed if computed == predicate)


def _linked_predicates(rules: Any) -> tuple[Predicate, ...]:
    linked = [
        predicate
        for rule in rules
        if rule.visible != TRUE
        for predicate in (rule.visible, *(denial for denial, _ in rule.denials))
        if not is_local(predicate)
    ]
    return tuple(dict.fromkeys(linked))


def is_row_independent(rule: FieldRule) -> bool:
    """Return whether every row gives the same verdict and the same reason."""
    return rule.visible in (TRUE, FALSE) and all(predicate in (TRUE, FALSE) for predicate, _ in rule.denials)


def constant_reason(rule: FieldRule) -> Reason:
    """Return the reason that applies to every row."""
    return next((reason for predicate, reason in rule.denials if predicate == TRUE), rule.default_reason)


@cached_with_decision
def mask_of(decision: Decision) -> Mask:
    """Return the mask of a decision."""
    return Mask(decision)
