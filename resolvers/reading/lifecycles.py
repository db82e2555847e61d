"""What a row's lifecycle says about it now: its status, whom it waits for, and whether it's final. No statement is needed.

What is due is shown as due, whether or not the scheduled job has run (V41).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.base import now
from models.lifecycle import Lifecycle, WaitingSide
from resolvers.reading.batching import Computed


@dataclass(frozen=True, slots=True)
class Waiting:
    """Whose step a row waits for, since when, and until when if there is a deadline."""

    side: WaitingSide
    since: datetime
    until: datetime | None


def status(lifecycle: Lifecycle[Any]) -> Computed:
    """Return the resolver of the status that holds now."""
    return Computed(lambda state, due=None: lifecycle.standing(state, due, now()), _state_columns(lifecycle))


def is_final(lifecycle: Lifecycle[Any]) -> Computed:
    """Return the resolver of whether no further step is possible."""

    def make(state: str, due: datetime | None = None) -> bool:
        return not lifecycle.steps_from(lifecycle.standing(state, due, now()))

    return Computed(make, _state_columns(lifecycle))


def waits_for(lifecycle: Lifecycle[Any]) -> Computed:
    """Return the resolver of whose step the row waits for."""
    times = [column for wait in lifecycle.waits.values() for column in (*wait.since, wait.until) if column is not None]
    columns = tuple(dict.fromkeys((*_state_columns(lifecycle), *times)))

    def make(*values: Any) -> Waiting | None:
        row = dict(zip(columns, values, strict=True))
        due = row[lifecycle.deadline.column] if lifecycle.deadline else None
        wait = lifecycle.waits.get(lifecycle.standing(row[lifecycle.column], due, now()))
        if wait is None:
            return None
        since = next(row[column] for column in wait.since if row[column] is not None)
        return Waiting(wait.side, since, row[wait.until] if wait.until else None)

    return Computed(make, columns)


def end_time(lifecycle: Lifecycle[Any], column: str) -> Computed:
    """Return the resolver of the time when a row reached its end: that in a column, or the deadline once it has passed."""
    assert lifecycle.deadline is not None  # noqa: S101 (of a lifecycle with a deadline)

    def make(state: str, ended: datetime | None, due: datetime) -> datetime | None:
        return ended if lifecycle.standing(state, due, now()) == state else due

    return Computed(make, (lifecycle.column, column, lifecycle.deadline.column))


def _state_columns(lifecycle: Lifecycle[Any]) -> tuple[str, ...]:
    """The columns that decide the state: its own, and the deadline if there is one."""
    return (lifecycle.column, *([lifecycle.deadline.column] if lifecycle.deadline else []))
