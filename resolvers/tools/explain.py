"""Explaining: whether policy lets a viewer do something to one row, or read a field of it, and which rules decided.

Told only to whoever may read the row itself: of any other there is nothing, as if it were not stored. No value of the row leaves the
database, only which conditions are true of it; and of linked rows nobody but who reads them all learns more than the verdict says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import sqlalchemy as sa

from models.reading import Reader
from policies.catalogue import CATALOGUE
from policies.explanation import ALLOW, Holds, Part, Ruling, Stage
from policies.explanation import Explanation as Explained
from policies.policy import Policy
from policies.predicate import FALSE, Constant, Predicate, conj, links, show
from policies.sql import to_column, viewer_parameters
from policies.viewer import Viewer
from resolvers.reading.statements import KEYS, Source, select_rows_by
from resolvers.tools.view_as import VIEW_AS, resolve_view_as
from resolvers.values import identifiers
from resolvers.values.errors import PublicError
from resolvers.values.identifiers import TAGS
from resolvers.values.text import camel

if TYPE_CHECKING:
    from resolvers.context import Context

STATEMENT_CACHE_SIZE: Final = 512  # statements; those of shapes that policy does not tell apart are one
READ: Final = "read"
EXPLAIN: Final = "explain"


class InvalidQuestion(PublicError):
    """What is asked about is nothing that policy decides. Names the argument."""

    code = "INVALID_QUESTION"

    def __init__(self, argument: str, problem: str) -> None:
        super().__init__(f"Argument '{argument}' {problem}.", argument=argument)


@dataclass(frozen=True, slots=True)
class Question:
    """An action on a row, or, of reading it, one of its fields, as policy calls them."""

    entity: str
    key: UUID
    action: str
    field: str | None


@dataclass(frozen=True, slots=True)
class DecisionPart:
    """A condition of a rule: whether it is true along with all before it; None where that is not told."""

    text: str
    holds: bool | None
    by_viewer: bool
    rules: list[str]


@dataclass(frozen=True, slots=True)
class Decision:
    """A rule that had a say. `failing` is the text of its first part that is not true, if that is told."""

    effect: str
    name: str
    rule: str
    file: str
    line: int
    sentence: str
    reason: str | None
    condition: str
    holds: bool
    failing: str | None
    parts: list[DecisionPart]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether something is allowed, why not, and, for whoever may know, which rules decided."""

    allowed: bool
    reason: str | None
    decisions: list[Decision]


async def explain(roots: Sequence[object], context: Context, **arguments: Any) -> list[Explanation | None]:
    """Why the viewer, or another, may do something, None where the asker may not read the row.

    At most four statements. Raises InvalidQuestion, InvalidId, ViewAsRefused.
    """
    question = parse_question(context.policy, arguments)
    viewer, named = context.viewer, arguments.get("view_as")
    if named is not None:
        viewer = await resolve_view_as(context, named, (VIEW_AS, EXPLAIN))
    await context.audit_trail.note_explanation(question.entity, arguments.get("field"), viewer)
    if not await _may(context, question.entity, question.key, READ):
        return [None] * len(roots)
    explained = context.policy.explanation(viewer.shape, question.entity, question.action, question.field)
    holds = await truth(context.services.reader, question, viewer, explained)
    if holds is None:
        return [None] * len(roots)
    verdict = explained.verdict(holds)
    told = viewer.company_id is not None and await _may(context, "Company", viewer.company_id, READ, EXPLAIN)
    links_too = context.policy.can(context.requester.shape, "explain_linked_rows")
    decisions = decisions_of(explained, holds, links_too=links_too) if told else []
    return [Explanation(verdict.allowed, verdict.reason and str(verdict.reason), decisions)] * len(roots)


def parse_question(policy: Policy, arguments: Mapping[str, Any]) -> Question:
    """What the arguments ask about. Raises InvalidQuestion or InvalidId."""
    entity, action, field = arguments["type_name"], arguments.get("action"), arguments.get("field")
    if entity not in TAGS or entity not in policy.catalogue:
        raise InvalidQuestion("typeName", "names no type whose things have ids")
    key = identifiers.parse(arguments["id"], "id", entity).key
    action = READ if action is None else action.lower()
    if action not in policy.actions(entity):
        raise InvalidQuestion("action", f"names nothing that is done to a {entity}")
    if field is None:
        return Question(entity, key, action, None)
    known = {camel(name): name for name in policy.fields(entity)}
    if field not in known:
        raise InvalidQuestion("field", f"names no field of {entity} that policy decides")
    if action != READ:
        raise InvalidQuestion("action", "cannot be given with a field: fields are read")
    return Question(entity, key, action, known[field])


def decisions_of(explained: Explained, holds: Holds, *, links_too: bool) -> list[Decision]:
    """The rules that had a say, with what holds of them; with no more of linked rows than the verdict tells, unless `links_too`."""
    rulings = (
        ruling for stage in explained.stages for ruling in (stage.rulings if links_too else _shown_decisions(stage, holds))
    )
    return [_decision(ruling, holds, links_too=links_too) for ruling in rulings]


def _shown_decisions(stage: Stage, holds: Holds) -> Sequence[Ruling]:
    """The rules of which the verdict tells whether they hold: without those over linked rows, where others have decided already."""
    linked = [ruling for ruling in stage.rulings if links(ruling.condition)]
    plain = [ruling for ruling in stage.rulings if ruling not in linked]
    if any(holds(ruling.condition) for ruling in plain):
        return plain
    none_holds = stage.refusal(holds) is not None and all(ruling.effect == ALLOW for ruling in linked)
    return stage.rulings if none_holds or len(linked) == 1 else plain


def _decision(ruling: Ruling, holds: Holds, *, links_too: bool) -> Decision:
    rule, whole = ruling.rule, holds(ruling.condition)
    parts = [_part(part, holds, known=whole or links_too or not links(part.prefix_condition)) for part in ruling.parts]
    return Decision(
        effect=ruling.effect,
        name=rule.name,
        rule=rule.text,
        file=rule.file,
        line=rule.line,
        sentence=rule.comment,
        reason=rule.reason and str(rule.reason),
        condition=show(ruling.condition),
        holds=whole,
        failing=_failing(parts),
        parts=parts,
    )


def _part(part: Part, holds: Holds, *, known: bool) -> DecisionPart:
    by_viewer = isinstance(part.prefix_condition, Constant)
    return DecisionPart(part.text, holds(part.prefix_condition) if known else None, by_viewer, list(part.rules))


def _failing(parts: Sequence[DecisionPart]) -> str | None:
    """The first part that is not true, None where all are and where that is not told."""
    first = next((part for part in parts if not part.holds), None)
    return first.text if first is not None and first.holds is False else None


async def _may(context: Context, entity: str, key: UUID, *actions: str) -> bool:
    """Whether the asker may do all of these to a row: one statement, or none if its shape alone decides."""
    asker = context.requester
    rows = conj(context.policy.decide(asker.shape, entity, action).rows for action in actions)
    if rows == FALSE:
        return False
    statement = select_rows_by(Source(entity, rows, columns=("id",)), "id")
    return bool(await context.services.reader.fetch(statement, {**viewer_parameters(asker), KEYS: [key]}))


async def truth(reader: Reader, question: Question, viewer: Viewer, explained: Explained) -> Holds | None:
    """What is true of a row for a viewer, None if there is no such row. Who may know that, others have to ask before."""
    predicates = explained.predicates
    rows = await reader.fetch(_statement(question.entity, predicates), {**viewer_parameters(viewer), "key": question.key})
    if not rows:
        return None
    said = dict(zip(predicates, tuple(rows[0])[1:], strict=True))
    return lambda predicate: predicate.value if isinstance(predicate, Constant) else said[predicate]


@lru_cache(STATEMENT_CACHE_SIZE)
def _statement(entity: str, predicates: tuple[Predicate, ...]) -> sa.Select[Any]:
    """A column for the row of a key, if it is there, and one for each of the predicates: whether it is true of the row."""
    table = CATALOGUE[entity].table.alias("t")
    columns: list[Any] = [
        to_column(each, CATALOGUE[entity], table, per_row=True).label(f"p{n}") for n, each in enumerate(predicates)
    ]
    return (
        sa.select(sa.true().label("there"), *columns)
        .select_from(table)
        .where(table.c.id == sa.bindparam("key", type_=sa.Uuid()))
    )
