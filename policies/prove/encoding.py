"""A predicate as a formula, with exactly the meaning that `policies.tree` gives it: two-valued, and nothing equals NULL.

Of linked rows finitely many suffice. A predicate names n conditions of the form "some linked row …". In whatever world it is
true, keep one row for each of these that holds and take the others away: what held still holds by the row that was kept, and
what did not hold has fewer rows to hold by. So n unknown rows for each linked table are as good as any number, also below
`Not`. A row whose `remote` column is not the row's `local` one is not linked, so "at most n" needs no further word. Links that
lead to the same table share its rows.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import sqlalchemy as sa
import z3

from policies.entity import Entity, Link
from policies.predicate import (
    And,
    Attribute,
    Compare,
    Constant,
    Exists,
    Not,
    OneOf,
    Or,
    Parameter,
    Predicate,
    SetParameter,
)
from policies.prove.columns import Cell, Unknown, Words

_ORDER: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Formulas:
    """What predicates say of unknown rows and an unknown viewer."""

    def __init__(self, words: Words, viewer: Mapping[str, Cell], sets: Mapping[str, Any] | None) -> None:
        """`viewer` holds its parameters, `sets` a function of membership for each of its sets, None where all are empty."""
        self._words = words
        self._viewer = viewer
        self._sets = sets

    def formula(self, predicate: Predicate, row: Unknown, links: tuple[Link, ...], pools: Mapping[str, list[Unknown]]) -> Any:
        """The predicate of a row. `pools` are the rows of linked tables, by the name of the table."""
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

    def _some(self, link: Link, condition: Predicate, row: Unknown, pool: list[Unknown]) -> Any:
        local = row.cell(link.local)
        return z3.Or(
            [z3.And(_both("=", other.cell(link.remote), local), self.formula(condition, other, (), {})) for other in pool]
        )

    def _compare(self, symbol: str, row: Unknown, name: str, value: Any) -> Any:
        cell = row.cell(name)
        match value:
            case None:
                return cell.null
            case SetParameter(many):
                return z3.And(z3.Not(cell.null), z3.BoolVal(False) if self._sets is None else self._sets[many](cell.value))
            case Parameter(one):
                return _both(symbol, cell, self._viewer[one])
            case Attribute(other):
                return _both(symbol, cell, row.cell(other))
        if symbol == "=":
            return self._equals(cell, value)
        return z3.And(z3.Not(cell.null), _ORDER[symbol](cell.value, value))

    def _equals(self, cell: Cell, literal: str | int | bool) -> Any:
        value = self._words.number(literal) if isinstance(literal, str) else literal
        return z3.And(z3.Not(cell.null), cell.value == value)


def pool_sizes(predicates: Iterable[tuple[Entity, Predicate]]) -> dict[str, tuple[sa.FromClause, int]]:
    """How many unknown rows of each linked table are as good as any number, by the name of the table."""
    asked = {(entity.name, item) for entity, predicate in predicates for item in _links(predicate)}
    tables = {(entity.name, link.name): link.table for entity, _ in predicates for link in entity.links}
    sizes: dict[str, tuple[sa.FromClause, int]] = {}
    for name, item in sorted(asked, key=repr):
        table = tables[name, item.link]
        sizes[table_name(table)] = (table, sizes.get(table_name(table), (table, 0))[1] + 1)
    return sizes


def table_name(table: sa.FromClause) -> str:
    """The name of a table."""
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
    """Two values compared; false where one of them is NULL."""
    compared = left.value == right.value if symbol == "=" else _ORDER[symbol](left.value, right.value)
    return z3.And(z3.Not(left.null), z3.Not(right.null), compared)
