"""Explanations: whether policy lets a viewer take an action on one row, or read one of its fields, and which rules decided.

Only a requester who can read the row gets an explanation. For any other row the result is the same as if it didn't exist. No
value of the row leaves the database, only which conditions are true of it. What linked rows hold is revealed beyond the verdict
only to a requester who can read all of them.
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
from policies.entity import aliased
from policies.evaluation.explanation import ALLOW, Holds, Part, Ruling, Stage
from policies.evaluation.explanation import Explanation as Explained
from policies.evaluation.policy import Policy
from policies.predicates.predicate import FALSE, Constant, Predicate, conj, links, show
from policies.predicates.sql import to_column, viewer_parameters
from policies.viewer import Viewer
from resolvers.reading.statements import KEYS, Source, select_rows_by
from resolvers.tools.view_as import VIEW_AS, resolve_view_as
from resolvers.values import identifiers
from resolvers.values.errors import PublicError
from resolvers.values.identifiers import TAGS
from resolvers.values.text import camel

if TYPE_CHECKING:
    from resolvers.context import Context

STATEMENT_CACHE_SIZE: Final = 512  # shapes for which policy decides the same share a statement
READ: Final = "read"
EXPLAIN: Final = "explain"


class InvalidQuestion(PublicError):
    """The arguments name something that policy doesn't decide. The error names the argument."""

    code = "INVALID_QUESTION"

    def __init__(self, argument: str, problem: str) -> None:
        super().__init__(f"Argument '{argument}' {problem}.", argument=argument)


@dataclass(frozen=True, slots=True)
class Question:
    """An action on a row, or the reading of one of its fields, with policy's names."""

    entity: str
    key: UUID
    action: str
    field: str | None


@dataclass(frozen=True, slots=True)
class AppliedRulePart:
    """A condition of a rule: whether it and all conditions before it are true, or None if that is withheld."""

    text: str
    holds: bool | None
    by_viewer: bool
    rules: list[str]


@dataclass(frozen=True, slots=True)
class AppliedRule:
    """A rule that took part. `failing` is the text of the first part that isn't true, unless that is withheld."""

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
    parts: list[AppliedRulePart]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether something is allowed, why not, and, for those who may know, which rules decided."""

    allowed: bool
    reason: str | None
    decisions: list[AppliedRule]


async def explain(roots: Sequence[object], context: Context, **arguments: Any) -> list[Explanation | None]:
    """Explain why the viewer, or another, can do something. Return None if the requester can't read the row.

    Runs at most four statements. Raises InvalidQuestion, InvalidId, ViewAsRefused.
    """
    question = parse_question(context.policy, arguments)
    viewer, target_id = context.viewer, arguments.get("view_as")
    if target_id is not None:
        viewer = await resolve_view_as(context, target_id, (VIEW_AS, EXPLAIN))
    await context.audit_trail.note_explanation(question.entity, arguments.get("field"), viewer)
    if not await _is_allowed(context, question.entity, question.key, READ):
        return [None] * len(roots)
    explained = context.policy.explanation(viewer.shape, question.entity, question.action, question.field)
    holds = await truth(context.services.reader, question, viewer, explained)
    if holds is None:
        return [None] * len(roots)
    verdict = explained.verdict(holds)
    shows_decisions = viewer.company_id is not None and await _is_allowed(context, "Company", viewer.company_id, READ, EXPLAIN)
    show_links = context.policy.can(context.requester.shape, "explain_linked_rows")
    decisions = applied_rules_of(explained, holds, show_links=show_links) if shows_decisions else []
    return [Explanation(verdict.allowed, verdict.reason and str(verdict.reason), decisions)] * len(roots)


def parse_question(policy: Policy, arguments: Mapping[str, Any]) -> Question:
    """Parse the arguments. Raises InvalidQuestion or InvalidId."""
    entity, action, field = arguments["type_name"], arguments.get("action"), arguments.get("field")
    if entity not in TAGS or entity not in policy.catalogue:
        raise InvalidQuestion("typeName", "must be the name of a type with global IDs")
    key = identifiers.parse(arguments["id"], "id", entity).key
    action = READ if action is None else action.lower()
    if action not in policy.actions(entity):
        raise InvalidQuestion("action", f"isn't an action on {entity}")
    if field is None:
        return Question(entity, key, action, None)
    fields = {camel(name): name for name in policy.fields(entity)}
    if field not in fields:
        raise InvalidQuestion("field", f"isn't a field of {entity} that the policy controls")
    if action != READ:
        raise InvalidQuestion("action", "must be READ or left out when 'field' is set, because fields can only be read")
    return Question(entity, key, action, fields[field])


def applied_rules_of(explained: Explained, holds: Holds, *, show_links: bool) -> list[AppliedRule]:
    """Return the rules that took part, with what is true of them.

    Unless `show_links` is set, they reveal no more of linked rows than the verdict does.
    """
    rulings = (
        ruling for stage in explained.stages for ruling in (stage.rulings if show_links else _safe_rulings(stage, holds))
    )
    return [_applied_rule(ruling, holds, show_links=show_links) for ruling in rulings]


def _safe_rulings(stage: Stage, holds: Holds) -> Sequence[Ruling]:
    """Return the rulings that the verdict reveals anyway: without those over linked rows, if others have decided already."""
    linked = [ruling for ruling in stage.rulings if links(ruling.condition)]
    plain = [ruling for ruling in stage.rulings if ruling not in linked]
    if any(holds(ruling.condition) for ruling in plain):
        return plain
    none_holds = stage.refusal(holds) is not None and all(ruling.effect == ALLOW for ruling in linked)
    return stage.rulings if none_holds or len(linked) == 1 else plain


def _applied_rule(ruling: Ruling, holds: Holds, *, show_links: bool) -> AppliedRule:
    rule, whole = ruling.rule, holds(ruling.condition)
    parts = [_part(part, holds, shown=whole or show_links or not links(part.prefix_condition)) for part in ruling.parts]
    return AppliedRule(
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


def _part(part: Part, holds: Holds, *, shown: bool) -> AppliedRulePart:
    by_viewer = isinstance(part.prefix_condition, Constant)
    return AppliedRulePart(part.text, holds(part.prefix_condition) if shown else None, by_viewer, list(part.rules))


def _failing(parts: Sequence[AppliedRulePart]) -> str | None:
    """Return the text of the first part that isn't true, or None if all are true or that is withheld."""
    first = next((part for part in parts if not part.holds), None)
    return first.text if first is not None and first.holds is False else None


async def _is_allowed(context: Context, entity: str, key: UUID, *actions: str) -> bool:
    """Return whether the requester can do all of these to a row: one statement, or none if its shape alone decides."""
    requester = context.requester
    rows = conj(context.policy.decide(requester.shape, entity, action).rows for action in actions)
    if rows == FALSE:
        return False
    statement = select_rows_by(Source(entity, rows, columns=("id",)), "id")
    return bool(await context.services.reader.fetch(statement, {**viewer_parameters(requester), KEYS: [key]}))


async def truth(reader: Reader, question: Question, viewer: Viewer, explained: Explained) -> Holds | None:
    """Return what is true of a row for a viewer, or None if there is no such row. Callers must check first who may know that."""
    predicates = explained.predicates
    rows = await reader.fetch(_statement(question.entity, predicates), {**viewer_parameters(viewer), "key": question.key})
    if not rows:
        return None
    values = dict(zip(predicates, tuple(rows[0])[1:], strict=True))
    return lambda predicate: predicate.value if isinstance(predicate, Constant) else values[predicate]


@lru_cache(STATEMENT_CACHE_SIZE)
def _statement(entity: str, predicates: tuple[Predicate, ...]) -> sa.Select[Any]:
    """Select a column for the row of a key, if it exists, and a column for each predicate: whether the row matches it."""
    table = aliased(CATALOGUE[entity].table, "t")
    columns: list[Any] = [
        to_column(each, CATALOGUE[entity], table, per_row=True).label(f"p{n}") for n, each in enumerate(predicates)
    ]
    return (
        sa.select(sa.true().label("there"), *columns)
        .select_from(table)
        .where(table.c.id == sa.bindparam("key", type_=sa.Uuid()))
    )
