"""Lifecycles: states are enum values, the allowed steps between them are data, and an illegal step raises an exception."""

from __future__ import annotations

from collections.abc import Mapping, Set
from enum import StrEnum
from typing import TypeVar

State = TypeVar("State", bound=StrEnum)


class IllegalStep(Exception):
    """The lifecycle doesn't allow this step. The message names the current state and the steps that it allows."""

    code = "ILLEGAL_STEP"

    def __init__(self, state: StrEnum, to: StrEnum, allowed: Set[StrEnum]) -> None:
        self.state, self.to, self.allowed = state, to, frozenset(allowed)
        choices = ", ".join(sorted(allowed)) or "none, this status is final"
        super().__init__(f"Can't change from {state} to {to}. Allowed: {choices}.")


def step(steps: Mapping[State, Set[State]], state: State, to: State) -> State:
    """Return the new state if the lifecycle allows the step. Raises IllegalStep."""
    allowed = steps.get(state, frozenset())
    if to not in allowed:
        raise IllegalStep(state, to, allowed)
    return to


def partition(states: type[State], *groups: Set[State]) -> tuple[frozenset[State], ...]:
    """Return the groups, after checking that each state is in exactly one. Raises ValueError, so a new state can't be forgotten."""
    for state in states:
        if sum(state in group for group in groups) != 1:
            raise ValueError(f"{states.__name__}.{state.name} must be in exactly one of the groups")
    return tuple(map(frozenset, groups))


def states_leading_to(steps: Mapping[State, Set[State]], *to: State) -> frozenset[State]:
    """Return the states that have a step to any of the given states."""
    return frozenset(state for state, targets in steps.items() if targets & set(to))
