"""The nodes of a predicate, a condition on one row, as a tree of plain values. Build it with
`policies.predicates.predicate`.

Every predicate is true or false, never unknown. A comparison with NULL is false, whether the row or the viewer has the NULL.
`!=` is the exact negation of `=`: a missing id equals nothing and differs from everything. Only the literal None tests for
NULL: `= None` and `!= None`. Not contains a single comparison or Exists, never And, Or or another Not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

CACHE_SIZE: Final = 20_000  # simplified predicates that are kept; the gateway's policy makes some hundreds
Operator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A viewer value that becomes known when the predicate is evaluated."""

    name: str


@dataclass(frozen=True, slots=True)
class SetParameter:
    """A set of viewer values. `=` means that the attribute is one of them."""

    name: str


@dataclass(frozen=True, slots=True)
class OtherColumn:
    """Another column of the same row."""

    name: str


Scalar: TypeAlias = str | int | bool | None
Value: TypeAlias = Scalar | Parameter | SetParameter | OtherColumn


@dataclass(frozen=True, slots=True)
class Constant:
    """Matches every row, or none."""

    value: bool


@dataclass(frozen=True, slots=True)
class Compare:
    """Compares a column of the row with a value."""

    operator: Operator
    attribute: str
    value: Value
    value_type: type = field(init=False, repr=False)  # tells 1 from True, which Python takes for equal

    def __post_init__(self) -> None:
        object.__setattr__(self, "value_type", type(self.value))


@dataclass(frozen=True, slots=True)
class OneOf:
    """Matches if a column of the row is one of at least two literals, none of them None."""

    attribute: str
    values: tuple[str | int | bool, ...]
    value_types: tuple[type, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "value_types", tuple(map(type, self.values)))


@dataclass(frozen=True, slots=True)
class Exists:
    """Matches if some row of the to-many link matches the condition. The condition's columns are those of the link's table."""

    link: str
    condition: Predicate


@dataclass(frozen=True, slots=True)
class Not:
    """Matches if the item doesn't."""

    item: Predicate


@dataclass(frozen=True, slots=True)
class And:
    """Matches if all items do."""

    items: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Matches if at least one item does."""

    items: tuple[Predicate, ...]


Predicate: TypeAlias = Constant | Compare | OneOf | Exists | Not | And | Or

TRUE: Final = Constant(True)
FALSE: Final = Constant(False)


def conjuncts(predicate: Predicate) -> tuple[Predicate, ...]:
    """Return the items of an And. Any other predicate is returned as the only item."""
    return predicate.items if isinstance(predicate, And) else (predicate,)


def alternatives(predicate: Predicate) -> tuple[Predicate, ...]:
    """Return the items of an Or. Any other predicate is returned as the only item."""
    return predicate.items if isinstance(predicate, Or) else (predicate,)


def opposite(literal: Predicate) -> Predicate:
    """Negate a predicate that contains no And or Or. For all others, use `policies.predicates.predicate.negate`."""
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
    """Return True if a value is a literal."""
    return not isinstance(value, Parameter | SetParameter | OtherColumn)
