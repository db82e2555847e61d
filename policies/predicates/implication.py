"""Implication between predicates, for all rows and viewers. Sound but incomplete: False means "not proven"."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from policies.predicates.condition_tree import (
    CACHE_SIZE,
    FALSE,
    TRUE,
    And,
    Compare,
    Exists,
    Not,
    OneOf,
    Or,
    Predicate,
    Scalar,
    is_scalar,
    opposite,
)

_ORDER: Final[dict[str, Callable[[int, int], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@lru_cache(CACHE_SIZE)
def implies(fact: Predicate, claim: Predicate) -> bool:
    """Return True if every row that matches the fact provably matches the claim."""
    if fact in (claim, FALSE) or claim == TRUE:
        return True
    match fact, claim:
        case Or(items), _:
            return all(implies(item, claim) for item in items)
        case _, And(items):
            return all(implies(fact, item) for item in items)
        case And(items), Or(claims):
            return any(implies(item, claim) for item in items) or any(implies(fact, item) for item in claims)
        case And(items), _:
            return any(implies(item, claim) for item in items)
        case _, Or(items):
            return any(implies(fact, item) for item in items)
    return _literal_implies(fact, claim)


def _literal_implies(fact: Predicate, claim: Predicate) -> bool:
    """Do the same for two predicates without And or Or at the top level."""
    if _is_negative(fact) and _is_negative(claim):
        return implies(opposite(claim), opposite(fact))
    if isinstance(fact, Exists) and isinstance(claim, Exists):
        return fact.link == claim.link and implies(fact.condition, claim.condition)
    if not isinstance(fact, Compare | OneOf):
        return False
    if claim == Compare("!=", fact.attribute, None) and _needs_value(fact):
        return True
    values = literals(fact)
    return values is not None and all(holds(claim, fact.attribute, value) is True for value in values)


def literals(predicate: Predicate) -> tuple[Scalar, ...] | None:
    """Return the literals that a predicate restricts its attribute to, or None."""
    match predicate:
        case OneOf(_, values):
            return values
        case Compare("=", _, value) if is_scalar(value):
            return (value,)  # type: ignore[return-value]  # is_scalar has excluded the rest
    return None


def holds(predicate: Predicate, attribute: str, value: Scalar) -> bool | None:
    """Return the predicate's verdict on a row whose attribute has this value, or None if the value alone doesn't decide it."""
    match predicate:
        case Not(item):
            verdict = holds(item, attribute, value)
            return None if verdict is None else not verdict
        case OneOf(name, values) if name == attribute:
            return value in values
        case Compare(symbol, name, other) if name == attribute and is_scalar(other):
            if symbol in ("=", "!="):
                return (value == other) is (symbol == "=")
            if isinstance(value, int) and isinstance(other, int):
                return _ORDER[symbol](value, other)
            return False if value is None else None
    return None


def _is_negative(predicate: Predicate) -> bool:
    return isinstance(predicate, Not) or (isinstance(predicate, Compare) and predicate.operator == "!=")


def _needs_value(fact: Compare | OneOf) -> bool:
    """Return True if a row matches only if its attribute isn't NULL."""
    return isinstance(fact, OneOf) or (fact.operator != "!=" and fact.value is not None)
