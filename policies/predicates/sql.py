"""Predicates as SQL conditions: no joins, so no duplicates, and the same statement text for every viewer of a shape.

Policy literals are inlined so that partial indexes match under generic plans. The viewer's values are bind parameters
(`viewer_company_id`, `viewer_markets`). Within And and Or, NULL counts as false. Every negation is `IS NOT TRUE`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from policies.entity import Entity, Link, aliased, is_nullable
from policies.errors import PolicyError
from policies.predicates.predicate import (
    And,
    Compare,
    Constant,
    Exists,
    Not,
    OneOf,
    Or,
    OtherColumn,
    Parameter,
    Predicate,
    Scalar,
    SetParameter,
    conj,
    conjuncts,
    is_selective,
)
from policies.viewer import PARAMETERS, SETS, Viewer

_PARAMETERS: Final = tuple(f"viewer_{name}" for name in PARAMETERS)
_values: Final = attrgetter(*PARAMETERS)
_SETS: Final = tuple((f"viewer_{name}", name) for name in SETS)
_ORDER: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def to_sql(predicate: Predicate, entity: Entity, table: sa.FromClause, *, per_row: bool = False) -> sa.ColumnElement[bool]:
    """Compile a predicate to a condition on rows of `table`, the entity's table or an alias of it. NULL counts as false.

    Set `per_row` for queries on few rows: links are then looked up for each row instead of hashed for all rows at once.
    """
    return _condition(predicate, entity.links, table, per_row=per_row)


def to_column(predicate: Predicate, entity: Entity, table: sa.FromClause, *, per_row: bool = False) -> sa.ColumnElement[bool]:
    """Compile a predicate to a result column that's never NULL."""
    return to_sql(predicate, entity, table, per_row=per_row).is_(sa.true())


def render_sql(predicate: Predicate, entity: Entity) -> str:
    """Return the PostgreSQL statement that finds the matching rows, with named parameters for the viewer's values."""
    table = aliased(entity.table, "t")
    statement = sa.select(table.c[entity.key]).where(to_sql(predicate, entity, table, per_row=True))
    return str(statement.compile(dialect=postgresql.dialect(paramstyle="named")))  # type: ignore[no-untyped-call]


def viewer_parameters(viewer: Viewer) -> dict[str, Any]:
    """Return the values of all parameters that compiled predicates can use."""
    parameters = dict(zip(_PARAMETERS, _values(viewer), strict=True))
    for label, name in _SETS:
        parameters[label] = sorted(getattr(viewer, name))
    return parameters


def driving_link(branch: Predicate) -> tuple[str, Predicate, Predicate] | None:
    """Return the link whose index finds the rows of a branch: its name, its condition and the rest of the conjunction.

    Return None if the row's own columns find them, or nothing does. Several rows of the link may lead to the same row.
    """
    parts = conjuncts(branch)
    if any(is_selective(part) for part in parts if not isinstance(part, Exists)):
        return None
    for part in parts:
        if isinstance(part, Exists) and is_selective(part):
            return part.link, part.condition, conj(other for other in parts if other is not part)
    return None


def _condition(
    predicate: Predicate, links: tuple[Link, ...], table: sa.FromClause, *, per_row: bool = False
) -> sa.ColumnElement[bool]:
    match predicate:
        case Constant(value):
            return sa.true() if value else sa.false()
        case And(items):
            return sa.and_(*(_condition(item, links, table, per_row=per_row) for item in items))
        case Or(items):
            return sa.or_(*(_condition(item, links, table, per_row=per_row) for item in items))
        case Not(item):
            return _is_not_true(_condition(item, links, table, per_row=per_row))
        case OneOf(name, values):
            return table.c[name].in_([_literal(value, table.c[name]) for value in values])
        case Compare():
            return _comparison(predicate, table)
        case Exists(name, condition):
            link = next(link for link in links if link.name == name)
            return _exists(link, condition, table, per_row=per_row)


def _exists(link: Link, condition: Predicate, table: sa.FromClause, *, per_row: bool) -> sa.ColumnElement[bool]:
    """Build a semi-join. Rows selected by the viewer's values are hashed once unless `per_row`; others are looked up per row."""
    linked = aliased(link.table)
    where = _condition(condition, (), linked)
    if is_selective(condition) and not per_row:
        return table.c[link.local].in_(sa.select(linked.c[link.remote]).where(where))
    same = linked.c[link.remote] == table.c[link.local]
    if not per_row:
        return sa.exists().where(same, where).correlate(table)
    # OFFSET 0 keeps PostgreSQL from turning the subquery into a join.
    return sa.exists(sa.select(sa.literal_column("1")).where(same, where).correlate(table).offset(sa.literal_column("0")))


def _comparison(compare: Compare, table: sa.FromClause) -> sa.ColumnElement[bool]:
    column = table.c[compare.attribute]
    if compare.value is None:
        return column.is_(None) if compare.operator == "=" else column.is_not(None)
    if compare.operator in _ORDER:
        return _ORDER[compare.operator](column, operand(compare, table))  # type: ignore[no-any-return]
    if compare.operator == "=":
        return column == operand(compare, table)
    if isinstance(compare.value, Parameter | SetParameter | OtherColumn):
        return _is_not_true(column == operand(compare, table))
    value = operand(compare, table)
    return column.is_distinct_from(value) if is_nullable(column) else column != value


def operand(compare: Compare, table: sa.FromClause) -> sa.ColumnElement[Any]:
    """Return the value that a comparison compares with."""
    column = table.c[compare.attribute]
    match compare.value:
        case Parameter(name):
            return sa.bindparam(f"viewer_{name}", type_=column.type)
        case SetParameter(name):
            return sa.any_(sa.bindparam(f"viewer_{name}", type_=postgresql.ARRAY(sa.Text())))
        case OtherColumn(name):
            return table.c[name]
        case value:
            return _literal(value, column)


def _literal(value: Scalar, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    match value:
        case bool():
            return sa.literal_column("true" if value else "false", sa.Boolean())
        case int():
            return sa.literal_column(str(value), column.type)
        case str():
            return sa.literal_column("'" + value.replace("'", "''") + "'", column.type)
    raise PolicyError(f"{value!r} can't be a literal of a condition. Use a string, an integer or a boolean.")


def _is_not_true(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return condition.self_group().is_not(sa.true())
