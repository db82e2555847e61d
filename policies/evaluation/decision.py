"""The compiled decision on a type and an action, for all viewers of a shape: which rows, and which of their fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import TypeVar
from weakref import finalize

from policies.predicates.predicate import Predicate
from policies.reason import Reason


@dataclass(frozen=True, slots=True)
class FieldRule:
    """Whether a field of a visible row can be read, and if not, why.

    `visible` and `denials` assume that the row is visible. A field is hidden for the reason of the first denial that matches the
    row. If no denial matches, no rule allows the field, and the reason is `default_reason`.
    """

    visible: Predicate
    denials: tuple[tuple[Predicate, Reason], ...]
    default_reason: Reason


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Decision:
    """The rows that the action is allowed on, as a disjunction of branches, and the FieldRule of every field that any rule names.

    Caches derived from a decision live only as long as the decision: the policy can be reloaded.
    """

    entity: str
    action: str
    rows: Predicate
    fields: Mapping[str, FieldRule]


Derived = TypeVar("Derived")


def cached_with_decision(derive: Callable[[Decision], Derived]) -> Callable[[Decision], Derived]:
    """Cache what's derived from a decision as long as the decision exists. Policy returns the same decision for the same inputs."""
    cached: dict[int, Derived] = {}

    @wraps(derive)
    def derived(decision: Decision) -> Derived:
        found = cached.get(id(decision))
        if found is None:
            found = cached[id(decision)] = derive(decision)
            finalize(decision, cached.pop, id(decision)).atexit = False
        return found

    return derived
