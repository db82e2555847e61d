"""Which viewers can read a changed row, and which of its fields it hides from them.

The compiled policy decides in PostgreSQL, as for every query: one statement for each decision, with the viewers' values as rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.sql.selectable import Select

from models.reading import Compiled, Snapshot, compile_statement
from models.statement_rows import as_text, columns_of, for_each
from policies.evaluation.decision import Decision
from policies.predicates.predicate import parameters
from policies.predicates.sql import viewer_parameters
from policies.viewer import Viewer
from resolvers.reading.masks import mask_of
from resolvers.reading.records import Record
from resolvers.reading.statements import Source

KEY: Final = "event_key"
CACHE_SIZE: Final = 512  # statements


class Question:
    """What decides about a viewer: the decision for its shape, and each of its values that the decision reads.

    Questions are equal if the same decision reads the same values. They're asked anew for each event.
    """

    __slots__ = ("_hash", "_key", "arguments", "decision", "viewer")

    def __init__(self, decision: Decision, viewer: Viewer) -> None:
        compiled, masked = _compiled(_source(decision)), mask_parameters(decision)
        values = compiled.arguments({**viewer_parameters(viewer), KEY: None})
        self.decision = decision
        self.viewer = viewer  # or any other with these values
        self.arguments = tuple(tuple(value) if isinstance(value, list) else value for value in values)
        self._key = id(decision), self.arguments, tuple(getattr(viewer, name) for name in masked)
        self._hash = hash(self._key)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Question) and self._key == other._key)


async def verdicts(snapshot: Snapshot, key: UUID, questions: Iterable[Question]) -> Mapping[Question, Record]:
    """Decide about a row: return it for each question that lets its viewers read it."""
    by_decision: dict[int, dict[Question, None]] = {}
    for question in questions:
        by_decision.setdefault(id(question.decision), {})[question] = None
    records: dict[Question, Record] = {}
    for of_decision in by_decision.values():
        records.update(await _read(snapshot, key, list(of_decision)))
    return records


async def _read(snapshot: Snapshot, key: UUID, questions: Sequence[Question]) -> dict[Question, Record]:
    """Return the row for each question of one decision that lets its viewers read it."""
    decision = questions[0].decision
    source = _source(decision)
    if source.is_empty:
        return {}
    compiled, mask = _compiled(source), mask_of(decision)
    asked = list(dict.fromkeys(question.arguments for question in questions))
    columns = columns_of(asked)
    columns[compiled.names.index(KEY)] = [as_text(key)] * len(asked)
    rows = await snapshot.run(for_each(compiled.text, len(compiled.names)), columns)
    readable = {asked[row.given_number - 1]: row for row in rows}
    return {
        question: mask.records([readable[question.arguments]], question.viewer)[0]
        for question in questions
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
