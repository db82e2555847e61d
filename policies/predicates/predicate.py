"""Constructors of row predicates, which simplify as far as possible. Contains no Oso and no SQL.

`policies.predicates.condition_tree` defines what predicates mean, especially for NULL. All functions preserve that: a property test
checks it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product
from typing import TypeAlias

from policies.predicates.condition_text import links, own_columns, parameters, show
from policies.predicates.condition_tree import (
    CACHE_SIZE,
    FALSE,
    TRUE,
    And,
    Compare,
    Constant,
    Exists,
    Not,
    OneOf,
    Operator,
    Or,
    OtherColumn,
    Parameter,
    Predicate,
    Scalar,
    SetParameter,
    Value,
    alternatives,
    conjuncts,
    opposite,
)
from policies.predicates.implication import holds, implies, literals

__all__ = [
    "FALSE",
    "TRUE",
    "And",
    "Compare",
    "Constant",
    "Exists",
    "IfSet",
    "Not",
    "OneOf",
    "Operator",
    "Or",
    "OtherColumn",
    "Parameter",
    "Predicate",
    "Scalar",
    "SetParameter",
    "Value",
    "alternatives",
    "assume",
    "conj",
    "conjuncts",
    "disj",
    "disjuncts",
    "exists",
    "implies",
    "is_selective",
    "links",
    "narrow",
    "negate",
    "one_of",
    "own_columns",
    "parameters",
    "show",
    "substitute_copies",
    "without_parameters",
]


@dataclass(frozen=True, slots=True)
class IfSet:
    """A column that holds the same value as another, or NULL."""

    column: str


Names: TypeAlias = Mapping[str, "str | IfSet | Names"]
"""Maps columns (and links) of a row to the columns of another row that hold the same values."""


def one_of(attribute: str, values: Iterable[str | int | bool]) -> Predicate:
    """Return a predicate that matches if the attribute is one of the literals. None is never one of them."""
    distinct = tuple(sorted(set(values), key=lambda value: (type(value).__name__, value)))
    if not distinct:
        return FALSE
    return OneOf(attribute, distinct) if len(distinct) > 1 else Compare("=", attribute, distinct[0])


def exists(link: str, condition: Predicate) -> Predicate:
    """Return a predicate that matches if some row of the link matches the condition."""
    return FALSE if condition == FALSE else Exists(link, condition)


def conj(items: Iterable[Predicate]) -> Predicate:
    """Return the conjunction: flat, without duplicates or implied parts, and FALSE if two parts contradict each other."""
    return _conjunction(tuple(_distinct(part for item in items for part in conjuncts(item) if part != TRUE)))


@lru_cache(CACHE_SIZE)
def _conjunction(parts: tuple[Predicate, ...]) -> Predicate:
    flat = _distinct(_narrow(part, parts) for part in parts)
    if FALSE in flat or any(_exclude(one, other) for one, other in combinations(flat, 2)):
        return FALSE
    facts = [part for part in flat if not isinstance(part, Or)]
    simpler = [assume(And(tuple(facts)), part) if facts and isinstance(part, Or) else part for part in flat]
    if simpler != flat:
        return conj(simpler)
    remaining = _strongest(flat)
    if not remaining:
        return TRUE
    return remaining[0] if len(remaining) == 1 else And(tuple(remaining))


def disj(items: Iterable[Predicate]) -> Predicate:
    """Return the disjunction: flat, without covered parts, and with parts merged that differ in one literal."""
    return _disjunction(tuple(_distinct(part for item in items for part in alternatives(item) if part != FALSE)))


@lru_cache(CACHE_SIZE)
def _disjunction(flat: tuple[Predicate, ...]) -> Predicate:
    if TRUE in flat or any(_cover_all(one, other) for one, other in combinations(flat, 2)):
        return TRUE
    remaining = _weakest(flat)
    for one, other in combinations(remaining, 2):
        merged = _merge(one, other)
        if merged is not None:
            return disj(merged if part is one else part for part in remaining if part is not other)
    if not remaining:
        return FALSE
    return remaining[0] if len(remaining) == 1 else Or(tuple(remaining))


@lru_cache(CACHE_SIZE)
def negate(predicate: Predicate) -> Predicate:
    """Negate a predicate, pushing the negation down to single comparisons."""
    match predicate:
        case And(items):
            return disj(map(negate, items))
        case Or(items):
            return conj(map(negate, items))
    return opposite(predicate)


@lru_cache(CACHE_SIZE)
def assume(fact: Predicate, predicate: Predicate) -> Predicate:
    """Simplify a predicate, given that the rows match the fact."""
    if implies(fact, predicate):
        return TRUE
    if implies(fact, negate(predicate)):
        return FALSE
    match predicate:
        case And(items):
            return conj(assume(fact, item) for item in items)
        case Or(items):
            return disj(assume(fact, item) for item in items)
    return predicate


def narrow(fact: Predicate, predicate: Predicate) -> Predicate:
    """Return one of the alternatives of a predicate that all rows which match the fact match too, or else the whole predicate.

    The result implies the predicate: if the fact isn't true of some rows, they can only be missing.
    """
    parts = alternatives(predicate)
    return next((part for part in parts if not links(part) and implies(fact, part)), predicate)


def substitute_copies(predicate: Predicate, names: Names) -> Predicate:
    """Rewrite a predicate in terms of another row that holds copies of some of the row's values under other names.

    If `names` maps a link to names, a row of that link holds the copies. The result is about the other row. It implies the
    original predicate: any part that the copies can't express counts as false.
    """
    match predicate:
        case Exists(link, condition) if isinstance(linked := names.get(link), Mapping):
            return substitute_copies(condition, linked)
        case And(items):
            return conj(substitute_copies(item, names) for item in items)
        case Or(items):
            return disj(substitute_copies(item, names) for item in items)
        case Compare(symbol, name, OtherColumn(other)) if isinstance(right := names.get(other), str):
            return Compare(symbol, left, OtherColumn(right)) if isinstance(left := names.get(name), str) else FALSE
        case Compare(symbol, name, value) if isinstance(left := names.get(name), str) and not isinstance(value, OtherColumn):
            return Compare(symbol, left, value)
        case OneOf(name, values) if isinstance(left := names.get(name), str):
            return OneOf(left, values)
        case OneOf(name, values) if isinstance(left := names.get(name), IfSet):
            return OneOf(left.column, values)
        case Compare("=", name, value) if isinstance(left := names.get(name), IfSet) and not isinstance(value, OtherColumn):
            return FALSE if value is None else Compare("=", left.column, value)
        case Constant():
            return predicate
    return FALSE


def on_copies(predicate: Predicate, names: Mapping[str, str]) -> Predicate | None:
    """Return the same condition on a row with copies of the columns, by the names that `names` has for them.

    Return None if the copies can't express all of it.
    """
    match predicate:
        case Constant():
            return predicate
        case Compare(symbol, name, OtherColumn(other)) if name in names and other in names:
            return Compare(symbol, names[name], OtherColumn(names[other]))
        case Compare(symbol, name, value) if name in names and not isinstance(value, OtherColumn):
            return Compare(symbol, names[name], value)
        case OneOf(name, values) if name in names:
            return OneOf(names[name], values)
        case Not(item):
            copied = on_copies(item, names)
            return None if copied is None else negate(copied)
        case And(items) | Or(items):
            parts = [on_copies(item, names) for item in items]
            join = conj if isinstance(predicate, And) else disj
            return None if None in parts else join(part for part in parts if part is not None)
    return None


@lru_cache(CACHE_SIZE)
def without_parameters(predicate: Predicate, absent: frozenset[str]) -> Predicate:
    """Simplify a predicate for a viewer without values for the `absent` parameters. A missing value never matches."""
    match predicate:
        case Compare(symbol, _, Parameter(name) | SetParameter(name)) if name in absent:
            return TRUE if symbol == "!=" else FALSE
        case And(items):
            return conj(without_parameters(item, absent) for item in items)
        case Or(items):
            return disj(without_parameters(item, absent) for item in items)
        case Exists(link, condition):
            return exists(link, without_parameters(condition, absent))
        case Not(denied):
            return negate(without_parameters(denied, absent))
    return predicate


def disjuncts(predicate: Predicate) -> tuple[Predicate, ...]:
    """Return the branches of a predicate, each a conjunction; a row matches if one branch does. FALSE has none, TRUE has TRUE.

    An Or within a conjunction is distributed if an index can find each of its items. Any other Or (for example, that of a denial)
    stays a condition of its branch, so that it doesn't multiply branches that read the same index.
    """
    if predicate == FALSE:
        return ()
    branches = alternatives(disj(branch for item in alternatives(predicate) for branch in _distribute(item)))
    elsewhere = [negate(branch) for branch in branches if not isinstance(branch, And)]
    if not elsewhere:
        return branches
    fact = conj(elsewhere)  # the other branches only have to find the remaining rows
    return alternatives(disj(assume(fact, branch) if isinstance(branch, And) else branch for branch in branches))


def is_selective(predicate: Predicate) -> bool:
    """Return True if the viewer's own values select the rows, so that an index can find them."""
    match predicate:
        case Compare("=", _, Parameter() | SetParameter()):
            return True
        case Exists(_, condition):
            return is_selective(condition)
        case And(items):
            return any(map(is_selective, items))
        case Or(items):
            return all(map(is_selective, items))
    return False


def _distribute(branch: Predicate) -> list[Predicate]:
    choices = [alternatives(part) if is_selective(part) else (part,) for part in conjuncts(branch)]
    if all(len(choice) == 1 for choice in choices):
        return [branch]
    return [part for choice in product(*choices) for part in disjuncts(conj(choice))]


def _distinct(items: Iterable[Predicate]) -> list[Predicate]:
    return list(dict.fromkeys(items))


def _narrow(part: Predicate, others: Sequence[Predicate]) -> Predicate:
    """Remove the literals of a list that another conjunct excludes."""
    if not isinstance(part, OneOf):
        return part
    return one_of(
        part.attribute,
        [value for value in part.values if all(holds(other, part.attribute, value) is not False for other in others)],
    )


def _exclude(one: Predicate, other: Predicate) -> bool:
    """Return True if no row matches both predicates. Always False for And and Or."""
    if isinstance(one, And | Or) or isinstance(other, And | Or):
        return False
    return implies(one, opposite(other)) or implies(other, opposite(one))


def _cover_all(one: Predicate, other: Predicate) -> bool:
    """Return True if every row matches one of the predicates. Always False for And and Or."""
    if isinstance(one, And | Or) or isinstance(other, And | Or):
        return False
    return implies(opposite(one), other) or implies(opposite(other), one)


def _strongest(items: list[Predicate]) -> list[Predicate]:
    """Remove predicates that another one implies. The first of two equivalent ones stays."""
    remaining: list[Predicate] = []
    for item in items:
        if not any(implies(other, item) for other in remaining):
            remaining = [other for other in remaining if not implies(item, other)] + [item]
    return remaining


def _weakest(items: Iterable[Predicate]) -> list[Predicate]:
    """Remove predicates that imply another one. The first of two equivalent ones stays."""
    remaining: list[Predicate] = []
    for item in items:
        if not any(implies(item, other) for other in remaining):
            remaining = [other for other in remaining if not implies(other, item)] + [item]
    return remaining


def _merge(one: Predicate, other: Predicate) -> Predicate | None:
    """Merge two predicates that differ in a single part, if that part can be merged. Return None otherwise."""
    first, second = conjuncts(one), conjuncts(other)
    common = [part for part in first if part in second]
    if len(first) != len(common) + 1 or len(second) != len(common) + 1:
        return None
    left = next(part for part in first if part not in common)
    right = next(part for part in second if part not in common)
    merged = TRUE if left == opposite(right) else _merge_literals(left, right) or _merge_links(left, right)
    return None if merged is None else conj([*common, merged])


def _merge_literals(left: Predicate, right: Predicate) -> Predicate | None:
    first, second = literals(left), literals(right)
    if first is None or second is None or None in first or None in second:
        return None
    if left.attribute != right.attribute:  # type: ignore[union-attr]  # whatever has literals has an attribute
        return None
    return one_of(left.attribute, [*first, *second])  # type: ignore[union-attr, list-item]  # None is excluded above


def _merge_links(left: Predicate, right: Predicate) -> Predicate | None:
    """Merge `some A or some B` over the same link into `some (A or B)`. Return None if A and B need an index each."""
    if not isinstance(left, Exists) or not isinstance(right, Exists) or left.link != right.link:
        return None
    condition = disj((left.condition, right.condition))
    return None if isinstance(condition, Or) else Exists(left.link, condition)
