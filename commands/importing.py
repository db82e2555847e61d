"""What the imports share: an entry of the file becomes a new row, or updates the row with the same key. All or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from sqlalchemy.ext.asyncio import AsyncSession

from commands.csv_file import Line, Problems
from models import Base
from resolvers.writing.input_reader import InputReader
from resolvers.writing.user_errors import ErrorCode

BATCH: Final = 1_000  # entries that are stored in one statement

Key: TypeAlias = tuple[Any, ...]
"""The values that identify a row of the file, and of the table."""
Rows: TypeAlias = Mapping[Key, Any]
"""The stored rows by key."""
Reader: TypeAlias = Callable[[InputReader], dict[str, Any]]
"""Reads a line as the values of a row, and adds an error for each that isn't valid."""
Tracking: TypeAlias = Callable[[Sequence[Any], str], Iterator[Any]]
"""Yields the items of a sequence while a progress bar with this title counts them."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line: its number, the key of its row, and the values of the row."""

    line: int
    key: Key
    values: Mapping[str, Any]

    def differs_from(self, row: Any) -> bool:
        """Return whether a row has other values."""
        return any(getattr(row, name) != value for name, value in self.values.items())


@dataclass(frozen=True, slots=True)
class Summary:
    """How many rows an import creates, updates and leaves unchanged."""

    created: int
    updated: int
    unchanged: int

    def sentence(self, noun: str, *, dry_run: bool) -> str:
        """Say what was done, or what would be."""
        create, update = ("to create", "to update") if dry_run else ("created", "updated")
        return f"{noun} {create}: {self.created:,}; {update}: {self.updated:,}; unchanged: {self.unchanged:,}."


@contextmanager
def tracking() -> Iterator[Tracking]:
    """Show progress bars on standard error, if it is a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description:<8}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield lambda items, title: iter(progress.track(items, total=len(items), description=title))


def read_entries(lines: Iterator[Line], reader: Reader, key: Sequence[str], problems: Problems) -> list[Entry]:
    """Return the valid lines as entries. Adds a problem for each invalid value, and for each line that repeats another's key."""
    entries, seen = [], dict[Key, int]()
    for line in lines:
        values, is_valid = problems.read(line, reader)
        entry = Entry(line.number, tuple(values[name] for name in key), values)
        if entry.key in seen:
            problems.add(ErrorCode.TAKEN, f"Line {seen[entry.key]} has the same {_listed(key)}.", line.number)
        elif None not in entry.key:
            seen[entry.key] = line.number
        if is_valid:
            entries.append(entry)
    return entries


async def stored_rows(session: AsyncSession, model: type[Base], key: Sequence[str]) -> Rows:
    """Return the stored rows by key."""
    return {tuple(getattr(row, name) for name in key): row for row in await session.scalars(sa.select(model))}


def _summarize(entries: Sequence[Entry], rows: Rows) -> Summary:
    """Count what storing these entries does."""
    known = [(entry, rows[entry.key]) for entry in entries if entry.key in rows]
    updated = sum(entry.differs_from(row) for entry, row in known)
    return Summary(len(entries) - len(known), updated, len(known) - updated)


async def count_and_store(
    session: AsyncSession, model: type[Base], entries: Sequence[Entry], rows: Rows, track: Tracking, *, dry_run: bool
) -> Summary:
    """Create and update rows, unless it's a dry run, and return how many. Doesn't commit."""
    summary = _summarize(entries, rows)
    if not dry_run:
        await _store(session, model, track(entries, "Storing"), rows)
    return summary


async def _store(session: AsyncSession, model: type[Base], entries: Iterator[Entry], rows: Rows) -> None:
    """Create and update rows, in batches."""
    while batch := list(islice(entries, BATCH)):
        for entry in batch:
            _store_entry(session, model, entry, rows.get(entry.key))
        await session.flush()


def _listed(key: Sequence[str]) -> str:
    """Return the columns of a key as a list in a sentence."""
    *others, last = (name.removesuffix("_id") for name in key)
    return f"{', '.join(others)} and {last}" if others else last


def _store_entry(session: AsyncSession, model: type[Base], entry: Entry, row: Any | None) -> None:
    if row is None:
        session.add(model(**entry.values))
        return
    for name, value in entry.values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
