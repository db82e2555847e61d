"""Lifecycles: the states of a row and the named steps between them. An illegal step raises an exception."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Generic, TypeVar

State = TypeVar("State", bound=StrEnum)


class IllegalStep(Exception):
    """The lifecycle doesn't allow this step. The message names the current state and the steps that it allows."""

    code = "ILLEGAL_STEP"

    def __init__(self, state: StrEnum, to: StrEnum, reachable: Set[StrEnum]) -> None:
        """`reachable` has the states that any step leads to. If another step leads to the same state, it isn't named."""
        self.state, self.to, self.allowed = state, to, frozenset(reachable - {to})
        if self.allowed:
            hint = f". Allowed: {', '.join(sorted(self.allowed))}"
        else:
            hint = " with this action" if reachable else f": {state} is final"
        super().__init__(f"Can't change from {state} to {to}{hint}.")


@dataclass(frozen=True, slots=True)
class Step(Generic[State]):
    """A change from any of the states `start` to the state `to`."""

    start: Set[State]
    to: State


class Lifecycle(Generic[State]):
    """The steps of a lifecycle by the name of their action, and the column that holds the state."""

    def __init__(self, steps: Mapping[str, Step[State]], column: str = "status") -> None:
        self.steps = steps
        self.column = column

    def next_state(self, action: str, state: State) -> State:
        """Return the state after an action. Raises IllegalStep."""
        step = self.steps[action]
        if state not in step.start:
            raise IllegalStep(state, step.to, {each.to for each in self.steps.values() if state in each.start})
        return step.to


class Staged:
    """A row with a lifecycle."""

    LIFECYCLE: ClassVar[Lifecycle[Any]]

    def take_step(self, action: str) -> None:
        """Take a step of the lifecycle. Raises IllegalStep."""
        column = self.LIFECYCLE.column
        setattr(self, column, self.LIFECYCLE.next_state(action, getattr(self, column)))


def partition(states: type[State], *groups: Set[State]) -> tuple[frozenset[State], ...]:
    """Return the groups, after checking that each state is in exactly one. Raises ValueError, so a new state can't be forgotten."""
    for state in states:
        if sum(state in group for group in groups) != 1:
            raise ValueError(f"{states.__name__}.{state.name} must be in exactly one of the groups")
    return tuple(map(frozenset, groups))
