"""What the policy allows a viewer: the rows of a type, also as SQL, and its fields."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import server
from commands.policy.arguments import type_of, viewer_at
from commands.store import running_database
from models.reading import Reader
from policies.catalogue import CATALOGUE
from policies.evaluation.decision import Decision, FieldRule
from policies.evaluation.shapes import format_shape, parse_shape
from policies.predicates.predicate import FALSE, TRUE
from policies.predicates.predicate import show as words
from policies.predicates.sql import render_sql
from policies.viewer import Shape
from resolvers.reading.masks import constant_reason, is_row_independent
from settings import Settings


def show(name: str, viewer: str) -> str:
    """Return what a viewer, given as a shape or a user's email address, can read of a type. Raises Failure or PolicyError."""
    policy = server.load_policy()
    entity = type_of(policy, name)
    shape = _shape_of_user(viewer) if "@" in viewer else parse_shape(viewer)
    return "\n".join(effect(shape, policy.decide(shape, entity)))


def effect(shape: Shape, decision: Decision) -> Iterator[str]:
    """Yield a line for the rows, one for their SQL, and one per field."""
    yield f"{decision.entity} for {format_shape(shape)}"
    yield f"rows: {_when(decision.rows == TRUE, decision.rows == FALSE) or words(decision.rows)}"
    yield f"SQL: {' '.join(render_sql(decision.rows, CATALOGUE[decision.entity]).split())}"
    width = max(map(len, decision.fields), default=0)
    yield from (f"  {name:{width}}  {_field(rule)}" for name, rule in decision.fields.items())


def _field(rule: FieldRule) -> str:
    always = _when(rule.visible == TRUE, rule.visible == FALSE)
    if always == "ALWAYS":
        return always
    reasons = str(constant_reason(rule)) if is_row_independent(rule) else _reasons(rule)
    return f"{always or words(rule.visible)} ({reasons})"


def _reasons(rule: FieldRule) -> str:
    """Return the reasons why a field is hidden, if they depend on the row."""
    return "; ".join([*(f"{reason} where {words(denial)}" for denial, reason in rule.denials), f"else {rule.default_reason}"])


def _when(always: bool, never: bool) -> str | None:
    return "ALWAYS" if always else "NEVER" if never else None


def _shape_of_user(email: str) -> Shape:
    with running_database(Settings.load()) as settings:
        return asyncio.run(_load_shape(settings, email))


async def _load_shape(settings: Settings, email: str) -> Shape:
    reader = Reader(str(settings.database_url))
    try:
        return (await viewer_at(settings, reader, email)).shape
    finally:
        await reader.close()
