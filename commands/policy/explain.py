"""`crossgate policy explain`: which rules decide for viewers of a shape, part by part, and what they come to for one row."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Annotated

import typer

import server
from commands.failure import Failure
from commands.policy.arguments import field_of, type_of, viewer_at
from commands.store import running_database
from models.reading import Reader
from policies.explanation import Explanation, Holds, Part, Ruling
from policies.policy import Policy
from policies.predicate import FALSE, TRUE, Predicate, show
from policies.shapes import spell, spelt
from resolvers.tools.explain import READ, Question, truth
from resolvers.values.identifiers import InvalidId, parse
from settings import Settings

SETTLED = {TRUE: "always", FALSE: "never"}


def explain(
    name: Annotated[str, typer.Argument(metavar="TYPE", help="A type of policy, as `Port`.")],
    field: Annotated[str | None, typer.Argument(help="One of its fields, as the schema or policy calls it.")] = None,
    shape: Annotated[str | None, typer.Option("--as", metavar="SHAPE", help="Who looks, as `MANAGED+FINANCE`.")] = None,
    action: Annotated[str, typer.Option(help="What is to be done.")] = READ,
    row: Annotated[str | None, typer.Option("--id", metavar="GLOBAL_ID", help="A row of the database.")] = None,
    email: Annotated[str | None, typer.Option("--viewer", metavar="EMAIL", help="Who looks at that row.")] = None,
) -> None:
    """Name the rules that decide for a viewer, with their places and parts; with --id and --viewer, what holds of a row."""
    policy = server.load_policy()
    entity = type_of(policy, name)
    done, known = action.lower(), {*policy.actions(entity), READ}
    if done not in known or (field is not None and done != READ):
        raise Failure(f"{action} is nothing that can be explained of it. To a {entity} is done: {', '.join(sorted(known))}.")
    asked = None if field is None else field_of(policy, entity, field)
    if (shape is None) == (email is None) or (row is None) != (email is None):
        raise Failure("Say who looks: `--as SHAPE`, or `--viewer EMAIL` at `--id GLOBAL_ID`.")
    if row is None or email is None:
        lines = [*rules(policy.explanation(spelt(shape or ""), entity, done, asked))]
    else:
        lines = _at_row(policy, _question(entity, row, done, asked), email)
    typer.echo("\n".join(lines))


def rules(explanation: Explanation, holds: Holds | None = None) -> Iterator[str]:
    """Each rule that has a say and its parts: when they hold, or, of a row, whether they do."""
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
    return f"{part.text}{places}: {_state(part.upto, holds)}"


def _state(predicate: Predicate, holds: Holds | None) -> str:
    """Whether a condition holds: of every row, of none, where something is true of the row, or of the row in question."""
    if predicate in SETTLED:
        return SETTLED[predicate]
    where = f"where {show(predicate)}"
    return where if holds is None else f"{'true' if holds(predicate) else 'false'}, {where}"


def _question(entity: str, row: str, action: str, field: str | None) -> Question:
    try:
        return Question(entity, parse(row, "id", entity).key, action, field)
    except InvalidId:
        raise Failure(f"{row} is no id of a {entity}.") from None


def _at_row(policy: Policy, question: Question, email: str) -> list[str]:
    with running_database(Settings.load()) as settings:
        return asyncio.run(_looked_up(settings, policy, question, email))


async def _looked_up(settings: Settings, policy: Policy, question: Question, email: str) -> list[str]:
    """The verdict of a row, then the rules."""
    reader = Reader(str(settings.database_url))
    try:
        viewer = await viewer_at(settings, reader, email)
        explanation = policy.explanation(viewer.shape, question.entity, question.action, question.field)
        holds = await truth(reader, question, viewer, explanation)
    finally:
        await reader.close()
    if holds is None:
        raise Failure(f"There is no {question.entity} of this id.")
    verdict = explanation.verdict(holds)
    decided = "allowed" if verdict.allowed else f"refused: {verdict.reason}"
    return [f"{decided}, for {spell(viewer.shape)}", *rules(explanation, holds)]
