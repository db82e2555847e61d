"""The parts of a predicate: what policy says of one row, as a tree of plain values. Build it with `policies.predicate`.

Every predicate is true or false, never unknown. A comparison with NULL, be it the row's or the viewer's, is false, and
`!=` is the exact negation of `=`: whoever has no id equals nothing and differs from everything. Only the literal None
tests for NULL: `= None` and `!= None`. A Not stands over a single comparison or Exists, never over And, Or or another Not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Operator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value of the viewer, known when the predicate is used."""

    name: str


@dataclass(frozen=True, slots=True)
class SetParameter:
    """A set of values of the viewer: `=` means that the attribute is one of them."""

    name: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """Another column of the same row."""

    name: str


Scalar: TypeAlias = str | int | bool | None
Value: TypeAlias = Scalar | Parameter | SetParameter | Attribute


@dataclass(frozen=True, slots=True)
class Constant:
    """True of every row, or of none."""

    value: bool


@dataclass(frozen=True, slots=True)
class Compare:
    """A column of the row against a value."""

    operator: Operator
    attribute: str
    value: Value


@dataclass(frozen=True, slots=True)
class OneOf:
    """A column of the row is one of these literals, of which none is None and there are at least two."""

    attribute: str
    values: tuple[str | int | bool, ...]


@dataclass(frozen=True, slots=True)
class Exists:
    """Some row of the to-many link satisfies the condition, whose attributes are columns of the link's table."""

    link: str
    condition: Predicate


@dataclass(frozen=True, slots=True)
class Not:
    """The item is false."""

    item: Predicate


@dataclass(frozen=True, slots=True)
class And:
    """All items are true."""

    items: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one item is true."""

    items: tuple[Predicate, ...]


Predicate: TypeAlias = Constant | Compare | OneOf | Exists | Not | And | Or

TRUE: Final = Constant(True)
FALSE: Final = Constant(False)


def conjuncts(predicate: Predicate) -> tuple[Predicate, ...]:
    """The items that all have to be true; a predicate that is no And is its only one."""
    return predicate.items if isinstance(predicate, And) else (predicate,)


def alternatives(predicate: Predicate) -> tuple[Predicate, ...]:
    """The items of which one suffices; a predicate that is no Or is its only one."""
    return predicate.items if isinstance(predicate, Or) else (predicate,)


def opposite(literal: Predicate) -> Predicate:
    """The negation of a predicate without And and Or: of everything else, `policies.predicate.negate`."""
    match literal:
        case Constant(value):
            return FALSE if value else TRUE
        case Compare("=", attribute, value):
            return Compare("!=", attribute, value)
        case Compare("!=", attribute, value):
            return Compare("=", attribute, value)
        case Not(item):
            return item
        case _:
            return Not(literal)


def is_scalar(value: Value) -> bool:
    """Whether a value is a literal of the policy, known now."""
    return not isinstance(value, Parameter | SetParameter | Attribute)
