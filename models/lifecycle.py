"""Lifecycles: the states a thing may be in are words, the steps between them are data, an illegal step is an exception."""

from __future__ import annotations

from collections.abc import Mapping, Set
from enum import StrEnum
from typing import TypeVar

State = TypeVar("State", bound=StrEnum)


class IllegalStep(Exception):
    """A step that the lifecycle does not have. Names the state and the steps that it allows."""

    code = "ILLEGAL_STEP"

    def __init__(self, state: StrEnum, to: StrEnum, allowed: Set[StrEnum]) -> None:
        self.state, self.to, self.allowed = state, to, frozenset(allowed)
        ways = ", ".join(sorted(allowed)) or "none, this state is final"
        super().__init__(f"{state} cannot become {to}. Allowed: {ways}.")


def step(steps: Mapping[State, Set[State]], state: State, to: State) -> State:
    """The new state, if the lifecycle allows the step. Raises IllegalStep."""
    allowed = steps.get(state, frozenset())
    if to not in allowed:
        raise IllegalStep(state, to, allowed)
    return to


def partition(states: type[State], *groups: Set[State]) -> tuple[frozenset[State], ...]:
    """The groups, if each state is in exactly one of them. Raises ValueError, so that nobody can add a state and forget it here."""
    for state in states:
        if sum(state in group for group in groups) != 1:
            raise ValueError(f"{states.__name__}.{state.name} must be in exactly one of the groups")
    return tuple(map(frozenset, groups))


def before(steps: Mapping[State, Set[State]], *to: State) -> frozenset[State]:
    """The states from which a step leads to one of these."""
    return frozenset(state for state, ways in steps.items() if ways & set(to))
