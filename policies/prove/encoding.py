"""Encoding of predicates as formulas with exactly the meaning that `policies.predicates.condition_tree` defines: two-valued, and
NULL equals nothing.

A finite number of linked rows is enough. Suppose a predicate has n conditions of the form "some linked row …". In any world where
it's true, keep one row for each condition that holds and remove the others. Each condition that held still holds because of its
row, and each that didn't hold has fewer rows that could satisfy it. So n unknown rows for each linked table are as good as any
number, even under `Not`. A row whose `remote` column differs from the row's `local` column isn't linked, so "at most n" needs no
extra constraint. Links to the same table share its rows.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import sqlalchemy as sa
import z3

from policies.entity import Entity, Link
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
    SetParameter,
)
from policies.prove.columns import Cell, LiteralNumbers, UnknownRow

_ORDER: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Formulas:
    """Encodes predicates on unknown rows and an unknown viewer."""

    def __init__(self, words: LiteralNumbers, viewer: Mapping[str, Cell], sets: Mapping[str, Any] | None) -> None:
        """Create an encoder. `viewer` holds the parameters, `sets` a membership function for each set, or None if all are empty."""
        self._words = words
        self._viewer = viewer
        self._sets = sets

    def formula(
        self, predicate: Predicate, row: UnknownRow, links: tuple[Link, ...], pools: Mapping[str, list[UnknownRow]]
    ) -> Any:
        """Encode a predicate on a row. `pools` holds the rows of linked tables, by table name."""
        match predicate:
            case Constant(value):
                return z3.BoolVal(value)
            case And(items):
                return z3.And([self.formula(item, row, links, pools) for item in items])
            case Or(items):
                return z3.Or([self.formula(item, row, links, pools) for item in items])
            case Not(item):
                return z3.Not(self.formula(item, row, links, pools))
            case OneOf(name, values):
                return z3.Or([self._equals(row.cell(name), value) for value in values])
            case Exists(name, condition):
                link = next(link for link in links if link.name == name)
                return self._some(link, condition, row, pools[table_name(link.table)])
            case Compare("!=", name, value):
                return z3.Not(self._compare("=", row, name, value))
            case Compare(symbol, name, value):
                return self._compare(symbol, row, name, value)

    def _some(self, link: Link, condition: Predicate, row: UnknownRow, pool: list[UnknownRow]) -> Any:
        local = row.cell(link.local)
        return z3.Or(
            [z3.And(_both("=", other.cell(link.remote), local), self.formula(condition, other, (), {})) for other in pool]
        )

    def _compare(self, symbol: str, row: UnknownRow, name: str, value: Any) -> Any:
        cell = row.cell(name)
        match value:
            case None:
                return cell.null
            case SetParameter(many):
                return z3.And(z3.Not(cell.null), z3.BoolVal(False) if self._sets is None else self._sets[many](cell.value))
            case Parameter(one):
                return _both(symbol, cell, self._viewer[one])
            case OtherColumn(other):
                return _both(symbol, cell, row.cell(other))
        if symbol == "=":
            return self._equals(cell, value)
        return z3.And(z3.Not(cell.null), _ORDER[symbol](cell.value, value))

    def _equals(self, cell: Cell, literal: str | int | bool) -> Any:
        value = self._words.number(literal) if isinstance(literal, str) else literal
        return z3.And(z3.Not(cell.null), cell.value == value)


def pool_sizes(predicates: Iterable[tuple[Entity, Predicate]]) -> dict[str, tuple[sa.FromClause, int]]:
    """Return how many unknown rows of each linked table are as good as any number, by table name."""
    conditions = {(entity.name, item) for entity, predicate in predicates for item in _links(predicate)}
    tables = {(entity.name, link.name): link.table for entity, _ in predicates for link in entity.links}
    sizes: dict[str, tuple[sa.FromClause, int]] = {}
    for name, item in sorted(conditions, key=repr):
        table = tables[name, item.link]
        sizes[table_name(table)] = (table, sizes.get(table_name(table), (table, 0))[1] + 1)
    return sizes


def table_name(table: sa.FromClause) -> str:
    """Return the name of a table."""
    return str(table.description)


def _links(predicate: Predicate) -> Iterator[Exists]:
    match predicate:
        case Exists():
            yield predicate
        case Not(item):
            yield from _links(item)
        case And(items) | Or(items):
            for item in items:
                yield from _links(item)


def _both(symbol: str, left: Cell, right: Cell) -> Any:
    """Compare two values. False if either is NULL."""
    compared = left.value == right.value if symbol == "=" else _ORDER[symbol](left.value, right.value)
    return z3.And(z3.Not(left.null), z3.Not(right.null), compared)
