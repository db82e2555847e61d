"""The rules that decide for a viewer, part by part, and their result for one row."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import server
from commands.failure import Failure
from commands.policy.arguments import field_of, type_of, viewer_at
from commands.store import running_database
from models.reading import Reader
from policies.evaluation.explanation import Explanation, Holds, Part, Ruling
from policies.evaluation.policy import Policy
from policies.evaluation.shapes import format_shape, parse_shape
from policies.predicates.predicate import FALSE, TRUE, Predicate, show
from resolvers.tools.explain import READ, Question, truth
from resolvers.values.identifiers import InvalidId, parse
from settings import Settings

SETTLED = {TRUE: "always", FALSE: "never"}


def explain(name: str, field: str | None, shape: str | None, action: str, row: str | None, email: str | None) -> str:
    """Return the rules that decide for a shape, or for a user and a row. Raises Failure or PolicyError."""
    policy = server.load_policy()
    entity = type_of(policy, name)
    action_name, actions = action.lower(), {*policy.actions(entity), READ}
    if action_name not in actions or (field is not None and action_name != READ):
        raise Failure(
            f"Can't explain {action}: the actions of {entity} are {', '.join(sorted(actions))}; a field only has {READ}."
        )
    field_name = None if field is None else field_of(policy, entity, field)
    if (shape is None) == (email is None) or (row is None) != (email is None):
        raise Failure("Name a viewer: use `--as SHAPE`, or `--viewer EMAIL` with `--id GLOBAL_ID`.")
    if row is None or email is None:
        lines = [*rules(policy.explanation(parse_shape(shape or ""), entity, action_name, field_name))]
    else:
        lines = _at_row(policy, _question(entity, row, action_name, field_name), email)
    return "\n".join(lines)


def rules(explanation: Explanation, holds: Holds | None = None) -> Iterator[str]:
    """Yield each deciding rule and its parts, with the condition under which they hold, or whether they hold for a row."""
    for ruling in explanation.rulings:
        reason = f"  {ruling.rule.reason}" if ruling.rule.reason else ""
        yield f"{ruling.effect:5} {ruling.rule.place}  {_state(ruling.condition, holds)}{reason}"
        yield from _body(ruling, holds)


def _body(ruling: Ruling, holds: Holds | None) -> Iterator[str]:
    if ruling.rule.comment:
        yield f"      # {ruling.rule.comment}"
    yield from (f"      {_part(part, holds)}" for part in ruling.parts)


def _part(part: Part, holds: Holds | None) -> str:
    places = f"  ({', '.join(part.rules)})" if part.rules else ""
    return f"{part.text}{places}: {_state(part.prefix_condition, holds)}"


def _state(predicate: Predicate, holds: Holds | None) -> str:
    """Describe when a condition holds: always, never, or where a predicate is true. With `holds`, add its result for the row."""
    if predicate in SETTLED:
        return SETTLED[predicate]
    where = f"where {show(predicate)}"
    return where if holds is None else f"{'true' if holds(predicate) else 'false'}, {where}"


def _question(entity: str, row: str, action: str, field: str | None) -> Question:
    try:
        return Question(entity, parse(row, "id", entity).key, action, field)
    except InvalidId:
        raise Failure(f"{row} isn't the ID of a {entity}.") from None


def _at_row(policy: Policy, question: Question, email: str) -> list[str]:
    with running_database(Settings.load()) as settings:
        return asyncio.run(_explain_row(settings, policy, question, email))


async def _explain_row(settings: Settings, policy: Policy, question: Question, email: str) -> list[str]:
    """Return the verdict for a row, then the rules."""
    reader = Reader(str(settings.database_url))
    try:
        viewer = await viewer_at(settings, reader, email)
        explanation = policy.explanation(viewer.shape, question.entity, question.action, question.field)
        holds = await truth(reader, question, viewer, explanation)
    finally:
        await reader.close()
    if holds is None:
        raise Failure(f"No {question.entity} has this ID.")
    verdict = explanation.verdict(holds)
    decision = "allowed" if verdict.allowed else f"refused: {verdict.reason}"
    return [f"{decision}, for {format_shape(viewer.shape)}", *rules(explanation, holds)]
