"""Three verdicts on the same cases: Oso's own, the compiled Python, and the compiled SQL in PostgreSQL.

Rows are stored in temporary tables without constraints. Their values come from small pools that include the viewer's values, so
that comparisons hold often enough to matter. Any nullable column can be NULL.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from random import Random
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from models.scratch import fill
from policies.analysis.verdicts import World, comparable_type, linked_resource, oso_and_python_verdicts
from policies.entity import Entity, Resource
from policies.evaluation.policy import Decision, Policy
from policies.predicates.masks import compile_predicate
from policies.predicates.predicate import Predicate, show
from policies.viewer import PARAMETERS, Shape, Viewer

IDS: Final = tuple(uuid.UUID(int=number) for number in range(1, 7))
POOLS: Final[dict[type, tuple[Any, ...]]] = {
    uuid.UUID: IDS,
    str: ("EU", "US", "OFFERED", "SOLD", "a", "MANAGED", "PARTNER"),
    int: (0, 1, 2, 3),
    bool: (True, False),
    date: (date(2026, 1, 1), date(2026, 6, 1)),
    datetime: (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)),
}
ROWS: Final = 20
FIELDS: Final = 4

Decide = Callable[[Shape, str, str], Decision]


@dataclass
class Report:
    """The number of compared cases, the number that were allowed, and the differences between verdicts."""

    cases: int = 0
    allowed: int = 0
    differences: list[str] = field(default_factory=list)


def random_viewer(random: Random) -> Viewer:
    """Return a viewer of any shape, with or without ids and markets."""
    known = ("ACCOUNT_ADMIN", "FINANCE", "MARKETPLACE_EDITOR", "NETWORK_ADMIN", "SUPPORT", "VIEWER")
    roles = random.sample(known, random.choice((0, 1, 2)))
    shown = ("pricing_shown", "chat_shown", "dashboard_shown", "company_profile_shown")
    flags = {name: random.random() < 0.5 for name in (*shown, "order_approval_required")}
    shape = Shape(
        kind=random.choice(("ANONYMOUS", "USER", "DIRECT", "PARTNER", "MANAGED", "OPERATOR")),
        roles=tuple(sorted(roles)),
        supported_by=random.choice((None, "PARTNER", "OPERATOR")),
        **flags,
    )
    ids: dict[str, Any] = {name: random.choice((None, *IDS[:3])) for name in PARAMETERS}
    return Viewer(shape=shape, markets=frozenset(random.sample(("EU", "US"), random.randrange(3))), **ids)


def random_row(table: sa.FromClause, random: Random) -> dict[str, Any]:
    """Return values for all columns that conditions can compare."""
    return {
        column.name: _random_value(column, random)
        for column in table.c
        if isinstance(column, sa.Column) and comparable_type(column)
    }


def _random_value(column: sa.Column[Any], random: Random) -> Any:
    if column.nullable and random.random() < 0.25:
        return None
    if isinstance(column.type, sa.Enum):
        return random.choice(column.type.enums)
    return random.choice(POOLS[comparable_type(column) or str])


def resources(entity: Entity, rows: list[dict[str, Any]], linked: dict[str, list[dict[str, Any]]]) -> list[Resource]:
    """Return the rows as objects, each with its linked rows."""
    return [linked_resource(entity, row, linked) for row in rows]


async def compare(
    connection: AsyncConnection, world: World, policy: Policy, entity: Entity, random: Random, decide: Decide, report: Report
) -> None:
    """Compare the verdicts for one viewer and one action on some rows of an entity and some of their fields."""
    viewer = random_viewer(random)
    action = random.choice(actions(policy, entity))
    rows, linked = random_market(entity, random)
    decision = decide(viewer.shape, entity.name, action)
    predicates = [decision.rows, *(rule.visible for rule in decision.fields.values())]
    answers = await ask_database(connection, world, entity, viewer, predicates, rows, linked)
    for number, resource in enumerate(resources(entity, rows, linked)):
        questions = [None, *random.sample(sorted(decision.fields), min(FIELDS, len(decision.fields)))]
        is_readable = False
        for name in questions:
            if name is not None and not is_readable:
                break
            oso_and_python = oso_and_python_verdicts(policy, viewer, action, resource, decision, name)
            is_readable = is_readable or oso_and_python[0]
            report.cases += 1
            predicate = decision.rows if name is None else decision.fields[name].visible
            verdicts = (*oso_and_python, answers[number, predicate])
            report.allowed += verdicts[0]
            if len(set(verdicts)) != 1 or _contradicts(decision, name, resource, viewer):
                report.differences.append(
                    f"{entity.name}.{name} {action} {viewer} {vars(resource)}: oso, python, sql = {verdicts} "
                    f"for {show(predicate)}"
                )


def random_market(entity: Entity, random: Random) -> tuple[list[dict[str, Any]], dict[str, list[dict[str, Any]]]]:
    """Return some rows of an entity, and rows of its linked tables by table name."""
    linked = {
        str(link.table.description): [random_row(link.table, random) for _ in range(random.randrange(ROWS))]
        for link in entity.links
    }
    return [random_row(entity.table, random) for _ in range(ROWS)], linked


def actions(policy: Policy, entity: Entity) -> tuple[str, ...]:
    """Return all actions on rows of an entity, even those without a rule."""
    return policy.catalogue.actions(entity.name)


def _contradicts(decision: Decision, name: str | None, row: Resource, viewer: Viewer) -> bool:
    """Return True if a field is both visible and denied."""
    if name is None:
        return False
    rule = decision.fields[name]
    denied = any(compile_predicate(predicate)(row, viewer) for predicate, _ in rule.denials)
    return denied and compile_predicate(rule.visible)(row, viewer)


async def ask_database(
    connection: AsyncConnection,
    world: World,
    entity: Entity,
    viewer: Viewer,
    predicates: Iterable[Predicate],
    rows: list[dict[str, Any]],
    linked: dict[str, list[dict[str, Any]]],
    *,
    per_row: bool = False,
) -> dict[tuple[int, Predicate], bool]:
    """Evaluate all predicates on all rows in one statement. The keys are row number and predicate."""
    await fill(connection, world.rows[entity.name], [row | {"case_": number} for number, row in enumerate(rows)])
    for name, others in linked.items():
        await fill(connection, world.linked[name], others)
    distinct = list(dict.fromkeys(predicates))
    statement, parameters = world.build_query(entity, distinct, viewer, per_row=per_row)
    answers: dict[tuple[int, Predicate], bool] = {}
    for number, *values in await connection.execute(statement, parameters):
        answers |= {(number, predicate): answer for predicate, answer in zip(distinct, values, strict=True)}
    return answers
