"""Lifecycles: the states of a row and the named steps between them. An illegal step raises an exception.

The database holds them too: the trigger `lifecycle` refuses a change of the state that isn't a step
(`models/migrations/lifecycles.py`). `crossgate lifecycles` draws them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, ClassVar, Generic, TypeVar

import sqlalchemy as sa

from described_enum import DescribedEnum

State = TypeVar("State", bound=StrEnum)


class WaitingSide(DescribedEnum):
    """The side that an object waits for. For a managed company, its partner can act too. MACHINE is an automatic review."""

    BUYER = "BUYER", "A company that the offer is made to."
    SELLER = "SELLER", "The company that sells."
    PROVIDER = "PROVIDER", "The company that the requested port belongs to."
    REQUESTER = "REQUESTER", "The company that asks."
    PARTNER = "PARTNER", "The partner that manages the account."
    COMPANY = "COMPANY", "The company itself."
    OPERATOR = "OPERATOR", "The operator's staff."
    MACHINE = "MACHINE", "An automatic review."


class IllegalStep(Exception):
    """The lifecycle doesn't allow this step. The message names the current state and the steps that it allows."""

    code = "ILLEGAL_STEP"

    def __init__(self, state: StrEnum, to: StrEnum, steps: Mapping[str, StrEnum]) -> None:
        """`steps` has the state that each allowed step leads to, by the name of the step."""
        self.state, self.to, self.steps = state, to, steps
        allowed = ", ".join(sorted(f"{after} ({action.replace('_', ' ')})" for action, after in steps.items()))
        other = " with this action" if to in steps.values() else ""
        super().__init__(
            f"Can't change from {state} to {to}{f'{other}. Allowed: {allowed}' if steps else f': {state} is final'}."
        )


@dataclass(frozen=True, slots=True)
class Step(Generic[State]):
    """A change from any of the states `start` to the state `to`.

    `action` is the action of policy that takes the step, if it isn't named like the step.
    """

    start: Set[State]
    to: State
    action: str | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Whose step a state waits for, the columns of the time since when (the first that is set), and of the time until when."""

    side: WaitingSide
    since: tuple[str, ...]
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Deadline:
    """A step that the system takes at the time in a column. From then on it counts as taken, whether or not it is (V41)."""

    step: str
    column: str


class Lifecycle(Generic[State]):
    """The steps of a lifecycle by the name of their action, and the column that holds the state.

    `waits` says whom each state waits for. A state without an entry waits for nobody.
    """

    def __init__(
        self,
        steps: Mapping[str, Step[State]],
        column: str = "status",
        waits: Mapping[State, Wait] = MappingProxyType({}),
        deadline: Deadline | None = None,
    ) -> None:
        self.steps = steps
        self.column = column
        self.waits = waits
        self.deadline = deadline

    @property
    def overdue(self) -> Step[State] | None:
        """The step that is taken at the deadline, if there is one."""
        return None if self.deadline is None else self.steps[self.deadline.step]

    def due(self, row: Any, at: Any) -> sa.ColumnElement[bool]:
        """Match rows that are due at a time, though the system hasn't taken the step yet. `row` has the columns by name."""
        if self.deadline is None or self.overdue is None:
            return sa.false()
        return sa.and_(is_one_of(row[self.column], self.overdue.start), row[self.deadline.column] <= at)

    def current(self, row: Any, at: Any) -> sa.ColumnElement[bool]:
        """Match rows that aren't due at a time. `row` has the columns by name."""
        if self.deadline is None or self.overdue is None:
            return sa.true()
        until = row[self.deadline.column]
        return sa.or_(~is_one_of(row[self.column], self.overdue.start), until.is_(None), until > at)

    def standing(self, state: State, due: datetime | None, at: datetime) -> State:
        """Return the state at a time, given when the deadline is: what is due counts as done (V41)."""
        step = self.overdue
        return step.to if step is not None and due is not None and state in step.start and due <= at else state

    def steps_from(self, state: State) -> dict[str, State]:
        """Return the state that each step from a state leads to. A final state has none."""
        return {action: step.to for action, step in self.steps.items() if state in step.start}

    @property
    def states(self) -> frozenset[State]:
        """The states that a step starts from or leads to."""
        return frozenset(state for step in self.steps.values() for state in (*step.start, step.to))

    @property
    def pairs(self) -> frozenset[str]:
        """Every change that a step makes, as `FROM>TO`."""
        return frozenset(f"{start}>{step.to}" for step in self.steps.values() for start in step.start)

    def next_state(self, action: str, state: State) -> State:
        """Return the state after an action. Raises IllegalStep."""
        step = self.steps[action]
        if state not in step.start:
            raise IllegalStep(state, step.to, self.steps_from(state))
        return step.to


def is_one_of(value: sa.ColumnElement[Any], states: Iterable[StrEnum]) -> sa.ColumnElement[bool]:
    """Compare with states written into the statement, so that PostgreSQL can use an index of these states only."""
    return sa.or_(*(value == sa.literal_column(f"'{state}'", sa.Text()) for state in sorted(states)))


class Staged:
    """A row with a lifecycle."""

    LIFECYCLE: ClassVar[Lifecycle[Any]]
    __table__: ClassVar[Any]  # as every model has it

    @classmethod
    def state_column(cls) -> sa.Column[Any]:
        """The column that holds the state."""
        column: sa.Column[Any] = cls.__table__.c[cls.LIFECYCLE.column]
        return column

    def standing(self, at: datetime) -> Any:
        """Return the state at a time: what is due counts as done, whether or not the scheduled job has run (V41)."""
        deadline = self.LIFECYCLE.deadline
        due = None if deadline is None else getattr(self, deadline.column)
        return self.LIFECYCLE.standing(getattr(self, self.LIFECYCLE.column), due, at)

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
