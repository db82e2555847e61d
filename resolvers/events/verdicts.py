"""Which viewers can read a changed row, and which of its fields it hides from them.

The compiled policy decides in PostgreSQL, as for every query: one statement for each decision, with the viewers' values as rows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.sql.selectable import Select

from models.reading import Compiled, Snapshot, compile_statement
from models.statement_rows import columns_of, for_each
from policies.evaluation.decision import Decision
from policies.evaluation.policy import Policy
from policies.predicates.predicate import parameters
from policies.predicates.sql import viewer_parameters
from policies.viewer import Viewer
from resolvers.reading.masks import mask_of
from resolvers.reading.records import Record
from resolvers.reading.statements import Source

KEY: Final = "event_key"
CACHE_SIZE: Final = 512  # statements
PIECE: Final = 100  # viewers that are looked at before the event loop does something else

Unit = Hashable
"""What decides about a viewer: the decision for its shape, and each of its values that the decision reads."""


async def verdicts(snapshot: Snapshot, policy: Policy, entity: str, key: UUID, viewers: Iterable[Viewer]) -> _Verdicts:
    """Decide about a row for all viewers."""
    units = {}
    for number, viewer in enumerate(viewers):
        if number % PIECE == PIECE - 1:
            await asyncio.sleep(0)
        units[viewer] = _unit(policy.decide(viewer.shape, entity), key, viewer)
    by_decision: dict[int, dict[_Question, Viewer]] = {}
    for viewer, question in units.items():
        by_decision.setdefault(id(question.decision), {})[question] = viewer
    records: dict[_Question, Record] = {}
    for questions in by_decision.values():
        records.update(await _read(snapshot, questions))
    return _Verdicts(units, records)


@dataclass(frozen=True, slots=True, eq=False)
class _Verdicts:
    """The verdicts on a row."""

    units: Mapping[Viewer, _Question]
    records: Mapping[_Question, Record]

    def of(self, viewer: Viewer) -> tuple[Unit, Record | None]:
        """Return what decided about a viewer, and the row if it can read it."""
        unit = self.units[viewer]
        return unit, self.records.get(unit)


class _Question:
    """Equal if the same decision reads the same values."""

    __slots__ = ("_key", "arguments", "decision")

    def __init__(self, decision: Decision, arguments: tuple[Any, ...], masked: tuple[Any, ...]) -> None:
        self.decision = decision
        self.arguments = arguments
        self._key = id(decision), arguments, masked

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Question) and self._key == other._key


def _unit(decision: Decision, key: UUID, viewer: Viewer) -> _Question:
    compiled, masked = _compiled(_source(decision)), mask_parameters(decision)
    values = compiled.arguments({**viewer_parameters(viewer), KEY: key})
    arguments = tuple(tuple(value) if isinstance(value, list) else value for value in values)
    return _Question(decision, arguments, tuple(getattr(viewer, name) for name in masked))


async def _read(snapshot: Snapshot, questions: Mapping[_Question, Viewer]) -> dict[_Question, Record]:
    """Return the row for each question of one decision that lets its viewer read it."""
    decision = next(iter(questions)).decision
    source = _source(decision)
    if source.is_empty:
        return {}
    compiled, mask = _compiled(source), mask_of(decision)
    asked = list(dict.fromkeys(question.arguments for question in questions))
    rows = await snapshot.run(for_each(compiled.text, len(compiled.names)), columns_of(asked))
    readable = {asked[row.given_number - 1]: row for row in rows}
    return {
        question: mask.records([readable[question.arguments]], viewer)[0]
        for question, viewer in questions.items()
        if question.arguments in readable
    }


def mask_parameters(decision: Decision) -> tuple[str, ...]:
    """Return the viewer's values that the fields of a row depend on."""
    return _mask_parameters(tuple(decision.fields.items()))


@lru_cache(CACHE_SIZE)
def _mask_parameters(fields: tuple[tuple[str, Any], ...]) -> tuple[str, ...]:
    predicates = (each for _, rule in fields for each in (rule.visible, *(denial for denial, _ in rule.denials)))
    return tuple(sorted({name for predicate in predicates for name in parameters(predicate)}))


def _source(decision: Decision) -> Source:
    return Source(decision.entity, decision.rows, masks=mask_of(decision).computed)


def _compiled(source: Source) -> Compiled:
    return compile_statement(_select(source))


@lru_cache(CACHE_SIZE)
def _select(source: Source) -> Select[Any]:
    """Select the row of a key if policy lets the viewer read it."""
    table = source.table()
    return source.select(table).where(table.c.id == sa.bindparam(KEY, type_=sa.Uuid()), source.holds(source.rows, table))
