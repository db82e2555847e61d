"""Translation of the residuals of Oso's partial evaluation into predicates: a flat conjunction of comparisons, nothing else.

Anything outside that fragment raises PolicyError, because only for this fragment is the meaning proven to match the rule's.
"""

from __future__ import annotations

import enum
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, TypeAlias

import sqlalchemy as sa

from policies.entity import Entity, Link
from policies.errors import PolicyError
from policies.facts import Null, Opaque, OpaqueElement, OpaqueSet
from policies.predicates.predicate import (
    FALSE,
    TRUE,
    Compare,
    Operator,
    OtherColumn,
    Parameter,
    Predicate,
    SetParameter,
    Value,
    conj,
    exists,
)

_OPERATORS: Final[dict[str, Operator]] = {
    "Unify": "=",
    "Eq": "=",
    "Neq": "!=",
    "Lt": "<",
    "Leq": "<=",
    "Gt": ">",
    "Geq": ">=",
}
_MIRRORED: Final[dict[Operator, Operator]] = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_ORDERED: Final = (int, date, datetime)
THIS: Final = "_this"


@dataclass(frozen=True, slots=True)
class Reference:
    """An unbound variable, where `_this` is the row, and the attributes that are read from it."""

    variable: str
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tag:
    """A type name."""

    name: str


Operand: TypeAlias = Any  # Reference, Tag, a literal, Opaque or Null; anything else is rejected


@dataclass(frozen=True, slots=True)
class Atom:
    """One residual term: Polar's operator and its operands."""

    operator: str
    operands: tuple[Operand, ...]


def translate(atoms: Iterable[Atom], entity: Entity) -> Predicate:
    """Translate the residual terms of one result into their conjunction."""
    groups: dict[str, tuple[Link, list[Predicate]]] = {}
    parts: list[Predicate] = []
    rest: list[Atom] = []
    for atom in atoms:
        if atom.operator == "In":
            variable, link = _linked(atom, entity)
            if variable in groups:
                raise PolicyError(
                    f"{variable} stands for rows of two links. Bind a second variable with `in` for the second link."
                )
            groups[variable] = (link, [])
        else:
            rest.append(atom)
    _check_elements(rest)
    for atom in rest:
        variable = _subject(atom)
        if variable == THIS:
            parts.append(_isa(atom, entity) if atom.operator == "Isa" else _compare(atom, entity.table))
        elif variable in groups:
            link, conditions = groups[variable]
            conditions.append(_compare(atom, link.table))
        else:
            raise PolicyError(f"{variable} is a free variable in `{_show(atom)}`. Bind it first with `{variable} in row.link`.")
    return conj([*parts, *(exists(link.name, conj(conditions)) for link, conditions in groups.values())])


def _linked(atom: Atom, entity: Entity) -> tuple[str, Link]:
    """Return the variable and the link of `variable in row.link`."""
    match atom.operands:
        case (Reference(variable, ()), Reference(row, (name,))) if row == THIS and variable != THIS:
            link = entity.link(name)
            if link is not None:
                return variable, link
    raise PolicyError(
        f"`{_show(atom)}` doesn't follow a link of {entity.name}. Write `variable in row.link` with a link of the catalogue."
    )


def _check_elements(atoms: list[Atom]) -> None:
    """Raise PolicyError if an element of a viewer set is compared twice: the predicate would treat it as two elements."""
    seen: set[int] = set()
    for operand in (operand for atom in atoms for operand in atom.operands if isinstance(operand, OpaqueElement)):
        if id(operand) in seen:
            raise PolicyError(f"One element of {operand!r} is compared twice. Write `row.column in {operand!r}`.")
        seen.add(id(operand))


def _subject(atom: Atom) -> str:
    variables = {operand.variable for operand in atom.operands if isinstance(operand, Reference)}
    if len(variables) != 1:
        raise PolicyError(f"`{_show(atom)}` must compare columns of a single row. Write a separate condition for each row.")
    return variables.pop()


def _isa(atom: Atom, entity: Entity) -> Predicate:
    if atom.operands == (Reference(THIS), Tag(entity.name)):
        return TRUE
    raise PolicyError(f"`{_show(atom)}` tests a type other than {entity.name}. Write a rule for each type.")


def _compare(atom: Atom, table: sa.FromClause) -> Predicate:
    if atom.operator not in _OPERATORS or len(atom.operands) != 2:
        raise PolicyError(f"`{_show(atom)}` can't be compiled. Write a `deny` rule, or use `!=`.")
    operator = _OPERATORS[atom.operator]
    left, right = atom.operands
    if not isinstance(left, Reference):
        left, right, operator = right, left, _MIRRORED[operator]
    column = _column(left, table)
    if isinstance(right, Null):
        return TRUE if operator == "!=" else FALSE
    value = _value(right, table)
    if not _comparable(operator, column, value, table):
        raise PolicyError(
            f"`{_show(atom)}` compares {column.name}, a {column.type!r}, with another type. Compare values of the same type."
        )
    return Compare(operator, column.name, value)


def _column(reference: Reference, table: sa.FromClause) -> sa.ColumnElement[Any]:
    if len(reference.attributes) != 1 or reference.attributes[0] not in table.c:
        raise PolicyError(f"`{_show_operand(reference)}` isn't a column. Name a column of the row or of a linked row.")
    return table.c[reference.attributes[0]]


def _value(operand: Operand, table: sa.FromClause) -> Value:
    match operand:
        case Reference():
            return OtherColumn(_column(operand, table).name)
        case OpaqueElement(name=name):
            return SetParameter(name)
        case Opaque(name=name) if not isinstance(operand, OpaqueSet):
            return Parameter(name)
        case None | str() | int():
            return operand
    raise PolicyError(f"{operand!r} can't be compared with a column. Use `in` for facts with several values.")


def _comparable(operator: Operator, column: sa.ColumnElement[Any], value: Value, table: sa.FromClause) -> bool:
    """Return True if PostgreSQL, Python and Oso are known to agree on this comparison."""
    stored = column.type.python_type
    ordered = operator not in ("=", "!=")
    match value:
        case OtherColumn(name):
            other = table.c[name].type
            return other.python_type is stored and not issubclass(stored, enum.Enum) and (not ordered or stored in _ORDERED)
        case Parameter():
            return stored is uuid.UUID and not ordered
        case SetParameter():
            return stored is str and operator == "="
        case None:
            return not ordered
        case bool():
            return stored is bool and not ordered
        case int():
            return stored is int
        case str():
            known = value in column.type.enums if isinstance(column.type, sa.Enum) else stored is str
            return known and not ordered
    return False


def _show(atom: Atom) -> str:
    return f"{atom.operator}({', '.join(map(_show_operand, atom.operands))})"


def _show_operand(operand: Operand) -> str:
    match operand:
        case Reference(variable, attributes):
            return ".".join(("row" if variable == THIS else variable, *attributes))
        case Tag(name):
            return name
    return repr(operand)
