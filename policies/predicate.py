"""Row predicates: how they are built, so that each is as simple as its parts allow. No Oso and no SQL.

The meaning, of NULL above all, is defined in `policies.tree`. Every function here keeps it: a property test holds that.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import combinations, product
from typing import TypeAlias

from policies.condition_text import attributes, links, parameters, show
from policies.condition_tree import (
    FALSE,
    TRUE,
    And,
    Attribute,
    Compare,
    Constant,
    Exists,
    Not,
    OneOf,
    Operator,
    Or,
    Parameter,
    Predicate,
    Scalar,
    SetParameter,
    Value,
    alternatives,
    conjuncts,
    opposite,
)
from policies.implication import holds, implies, literals

__all__ = [
    "FALSE",
    "TRUE",
    "And",
    "Attribute",
    "Compare",
    "Constant",
    "Exists",
    "Not",
    "OneOf",
    "Operator",
    "Or",
    "Parameter",
    "Predicate",
    "Scalar",
    "SetParameter",
    "Value",
    "alternatives",
    "assume",
    "attributes",
    "conj",
    "conjuncts",
    "disj",
    "disjuncts",
    "exists",
    "implies",
    "is_selective",
    "links",
    "negate",
    "one_of",
    "parameters",
    "show",
    "substitute_copies",
    "without_conditions",
]


Names: TypeAlias = Mapping[str, "str | Names"]
"""Columns of a row, and links, to the columns of another row that have the same values."""


def one_of(attribute: str, values: Iterable[str | int | bool]) -> Predicate:
    """The attribute is one of the literals; None is never one of them."""
    distinct = tuple(sorted(set(values), key=lambda value: (type(value).__name__, value)))
    if not distinct:
        return FALSE
    return OneOf(attribute, distinct) if len(distinct) > 1 else Compare("=", attribute, distinct[0])


def exists(link: str, condition: Predicate) -> Predicate:
    """Some row of the link satisfies the condition."""
    return FALSE if condition == FALSE else Exists(link, condition)


def conj(items: Iterable[Predicate]) -> Predicate:
    """All of them: flat, without repetition, without what follows from the rest; FALSE where two contradict each other."""
    flat = _distinct(part for item in items for part in conjuncts(item) if part != TRUE)
    flat = _distinct(_narrow(part, flat) for part in flat)
    if FALSE in flat or any(_exclude(one, other) for one, other in combinations(flat, 2)):
        return FALSE
    facts = [part for part in flat if not isinstance(part, Or)]
    simpler = [assume(And(tuple(facts)), part) if facts and isinstance(part, Or) else part for part in flat]
    if simpler != flat:
        return conj(simpler)
    kept = _strongest(flat)
    if not kept:
        return TRUE
    return kept[0] if len(kept) == 1 else And(tuple(kept))


def disj(items: Iterable[Predicate]) -> Predicate:
    """At least one of them: flat, without what another covers, and those that differ in one literal made one."""
    flat = _distinct(part for item in items for part in alternatives(item) if part != FALSE)
    if TRUE in flat or any(_cover_all(one, other) for one, other in combinations(flat, 2)):
        return TRUE
    kept = _weakest(flat)
    for one, other in combinations(kept, 2):
        merged = _merge(one, other)
        if merged is not None:
            return disj(merged if part is one else part for part in kept if part is not other)
    if not kept:
        return FALSE
    return kept[0] if len(kept) == 1 else Or(tuple(kept))


def negate(predicate: Predicate) -> Predicate:
    """The rows that are not meant, with the negation drawn down to single comparisons."""
    match predicate:
        case And(items):
            return disj(map(negate, items))
        case Or(items):
            return conj(map(negate, items))
    return opposite(predicate)


def assume(fact: Predicate, predicate: Predicate) -> Predicate:
    """Say the same of rows that are known to satisfy the fact, more simply."""
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


def substitute_copies(predicate: Predicate, names: Names) -> Predicate:
    """What another row tells of a predicate, which has the values of some of the row's columns under other names.

    Where a link has names of its own, there is a linked row whose columns have these values. The answer speaks of the other row, and
    wherever it is true, so is the predicate; what it cannot tell counts as false.
    """
    match predicate:
        case Exists(link, condition) if isinstance(linked := names.get(link), Mapping):
            return substitute_copies(condition, linked)
        case And(items):
            return conj(substitute_copies(item, names) for item in items)
        case Or(items):
            return disj(substitute_copies(item, names) for item in items)
        case Compare(symbol, name, Attribute(other)) if isinstance(right := names.get(other), str):
            return Compare(symbol, left, Attribute(right)) if isinstance(left := names.get(name), str) else FALSE
        case Compare(symbol, name, value) if isinstance(left := names.get(name), str) and not isinstance(value, Attribute):
            return Compare(symbol, left, value)
        case OneOf(name, values) if isinstance(left := names.get(name), str):
            return OneOf(left, values)
        case Constant():
            return predicate
    return FALSE


def without_conditions(predicate: Predicate, absent: Collection[str]) -> Predicate:
    """What a predicate says for a viewer who has no value for some parameters: None matches nothing."""
    match predicate:
        case Compare(symbol, _, Parameter(name) | SetParameter(name)) if name in absent:
            return TRUE if symbol == "!=" else FALSE
        case And(items):
            return conj(without_conditions(item, absent) for item in items)
        case Or(items):
            return disj(without_conditions(item, absent) for item in items)
        case Exists(link, condition):
            return exists(link, without_conditions(condition, absent))
        case Not(denied):
            return negate(without_conditions(denied, absent))
    return predicate


def disjuncts(predicate: Predicate) -> tuple[Predicate, ...]:
    """The branches of which a row needs one, each a conjunction: none for FALSE, a single TRUE for TRUE.

    An Or within a conjunction is distributed where each of its items can be looked up by itself; another (that of a
    denial, say) stays in the branch as a condition, so that it does not multiply branches that read the same index.
    """
    if predicate == FALSE:
        return ()
    branches = alternatives(disj(branch for item in alternatives(predicate) for branch in _distribute(item)))
    elsewhere = [negate(branch) for branch in branches if not isinstance(branch, And)]
    if not elsewhere:
        return branches
    fact = conj(elsewhere)  # the other branches have to find only what these do not
    return alternatives(disj(assume(fact, branch) if isinstance(branch, And) else branch for branch in branches))


def is_selective(predicate: Predicate) -> bool:
    """Whether the viewer's own values pick the rows out, so that an index can find them."""
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


def _narrow(part: Predicate, others: list[Predicate]) -> Predicate:
    """Leave out the literals of a list that another conjunct excludes."""
    if not isinstance(part, OneOf):
        return part
    return one_of(
        part.attribute,
        [value for value in part.values if all(holds(other, part.attribute, value) is not False for other in others)],
    )


def _exclude(one: Predicate, other: Predicate) -> bool:
    """Whether no row satisfies both, of two that are neither And nor Or."""
    if isinstance(one, And | Or) or isinstance(other, And | Or):
        return False
    return implies(one, opposite(other)) or implies(other, opposite(one))


def _cover_all(one: Predicate, other: Predicate) -> bool:
    """Whether every row satisfies one of the two, of two that are neither And nor Or."""
    if isinstance(one, And | Or) or isinstance(other, And | Or):
        return False
    return implies(opposite(one), other) or implies(opposite(other), one)


def _strongest(items: list[Predicate]) -> list[Predicate]:
    """Without those that follow from another; of two that say the same the first stays."""
    kept: list[Predicate] = []
    for item in items:
        if not any(implies(other, item) for other in kept):
            kept = [other for other in kept if not implies(item, other)] + [item]
    return kept


def _weakest(items: list[Predicate]) -> list[Predicate]:
    """Without those that imply another; of two that say the same the first stays."""
    kept: list[Predicate] = []
    for item in items:
        if not any(implies(item, other) for other in kept):
            kept = [other for other in kept if not implies(other, item)] + [item]
    return kept


def _merge(one: Predicate, other: Predicate) -> Predicate | None:
    """One predicate for two that are equal but for a single part, where that part can be made one; else None."""
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
    """Over the same link `some A or some B` is `some (A or B)`, kept apart where A and B need an index each."""
    if not isinstance(left, Exists) or not isinstance(right, Exists) or left.link != right.link:
        return None
    condition = disj((left.condition, right.condition))
    return None if isinstance(condition, Or) else Exists(left.link, condition)
