"""The viewers of subscribers, kept between events and compared with their current facts before each one.

One statement compares the facts of all viewers, as PostgreSQL writes them. Only what differs is loaded again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from sqlalchemy.sql.selectable import Select

from models.reading import Snapshot
from models.remembered_facts import FactsReader, key_of
from models.statement_rows import as_text, digests_for_each, texts_for_each
from policies.viewer import ANONYMOUS, RECENT_SIGN_IN, Viewer

PART: Final = 256  # viewers whose facts are loaded again if those of one of them differ
YIELD_EVERY: Final = 100  # subscribers or viewers, after which other tasks of the event loop get a turn

Renew = Callable[[FactsReader | None], Awaitable[Viewer | None]]
"""Loads the viewer of a subscription, with a reader for its facts. Returns None if the subscription must end."""

Key = tuple[str, tuple[Any, ...]]


class Seat:
    """The viewer of one subscriber. `is_shared` says that its facts can be compared with those of others.

    `derived` is what the hub makes of the viewer, as long as it stays the same.
    """

    __slots__ = ("derived", "due", "expires_at", "is_loaded", "is_shared", "key", "renew", "viewer")

    def __init__(self, renew: Renew, expires_at: float | None) -> None:
        """`expires_at` is when the session ends, in seconds since 1970."""
        self.renew = renew
        self.expires_at = expires_at
        self.key: Key | None = None  # None for visitors, who have no facts
        self.viewer: Viewer | None = None
        self.derived: Any = None
        self.is_shared = False
        self.is_loaded = False
        self.due = 0.0  # when the viewer changes without a change of its facts

    def take(self, viewer: Viewer | None) -> None:
        """Keep a viewer that was just loaded, or None if the subscription must end."""
        self.viewer, self.derived, self.is_loaded = viewer, None, True
        signed_in = None if viewer is None or viewer.auth_time is None else viewer.auth_time + RECENT_SIGN_IN
        dues = [self.expires_at or float("inf"), float("inf") if signed_in is None else signed_in.timestamp()]
        self.due = min([due for due in dues if due > time.time()], default=float("inf"))


class Roster:
    """The seats of the subscribers of a type."""

    def __init__(self) -> None:
        self._lists: dict[str, _FactsList] = {}
        self._seats: set[Seat] = set()

    async def admit(self, seat: Seat) -> None:
        """Find out which statement reads the facts of a seat."""
        probe = _Probe()
        try:
            viewer = await seat.renew(probe)
        except _Asked:
            text, arguments = seat.key = probe.key()
            seat.is_shared = True
            self._lists.setdefault(text, _FactsList(text, len(arguments))).add(seat)
        else:
            if viewer is not ANONYMOUS:  # identified in another way
                return
            seat.is_shared = True
            seat.take(viewer)
        self._seats.add(seat)

    def leave(self, seat: Seat) -> None:
        """Forget a seat."""
        self._seats.discard(seat)
        if seat.key is not None:
            self._lists[seat.key[0]].remove(seat)

    async def refresh(self, snapshot: Snapshot) -> None:
        """Renew all viewers whose facts are others by now, or whose sign-in has become old."""
        for facts in list(self._lists.values()):  # meanwhile, somebody may join
            await facts.refresh(snapshot)


class _Entry:
    """Equal facts of seats."""

    __slots__ = ("arguments", "rows", "seats", "texts")

    def __init__(self, arguments: tuple[Any, ...]) -> None:
        self.arguments = arguments
        self.seats: set[Seat] = set()
        self.texts: tuple[str, ...] | None = None  # None until the facts are loaded
        self.rows: list[tuple[Any, ...]] = []


class _FactsList:
    """The facts that one statement reads, in parts. The digest of a part is None until it's known."""

    def __init__(self, text: str, arguments: int) -> None:
        self._text = text
        self._arguments = arguments
        self._entries: dict[tuple[Any, ...], int] = {}
        self._slots: list[_Entry | None] = []
        self._free: list[int] = []
        self._digests: list[bytes | None] = []
        self._columns: list[list[str | None]] = [[] for _ in range(arguments)]
        self._due = 0.0  # the earliest moment at which a seat has to be renewed

    def add(self, seat: Seat) -> None:
        """Add a seat. Its part is loaded at the next event, unless the same facts are known."""
        _, arguments = _key_of(seat)
        slot = self._entries.get(arguments)
        if slot is None:
            slot = self._entries[arguments] = self._take_slot()
            self._put(slot, _Entry(arguments))
        entry = self._slots[slot]
        assert entry is not None  # noqa: S101 (the slot of a known entry)
        entry.seats.add(seat)
        self._due = 0.0

    def remove(self, seat: Seat) -> None:
        """Remove a seat, and its facts if no other has them."""
        _, arguments = _key_of(seat)
        slot = self._entries[arguments]
        entry = self._slots[slot]
        assert entry is not None  # noqa: S101
        entry.seats.discard(seat)
        if not entry.seats:
            del self._entries[arguments]
            self._put(slot, None)
            self._free.append(slot)

    async def refresh(self, snapshot: Snapshot) -> None:
        """Renew the seats of facts that are others by now."""
        known = list(self._digests)
        if any(known):
            statement = digests_for_each(self._text, self._arguments, PART)
            rows = await snapshot.run(statement, [list(column) for column in self._columns])
            now = {row[0]: row[1] for row in rows}
            known = [digest if digest == now.get(part) else None for part, digest in enumerate(known)]
        if changed := [part for part, digest in enumerate(known) if digest is None and self._is_taken(part)]:
            await self._load(snapshot, changed)
        await self._renew_due()

    def _is_taken(self, part: int) -> bool:
        return any(self._slots[part * PART : (part + 1) * PART])

    async def _load(self, snapshot: Snapshot, parts: Sequence[int]) -> None:
        slots = [slot for part in parts for slot in range(part * PART, min((part + 1) * PART, len(self._slots)))]
        entries = {slot: self._slots[slot] for slot in slots}
        columns = [[column[slot] for slot in slots] for column in self._columns]
        for part in parts:
            self._digests[part] = b""  # unless a seat comes or goes meanwhile
        found: dict[int, list[Any]] = {slot: [] for slot in slots}
        try:
            for row in await snapshot.run(texts_for_each(self._text, self._arguments), columns):
                found[slots[row[0] - 1]].append(tuple(row))
        except BaseException:
            for part in parts:
                self._digests[part] = None
            raise
        for part in parts:
            if self._digests[part] is not None:
                self._digests[part] = _digest({slot: found[slot] for slot in slots if slot // PART == part})
        await self._take(entries, found)

    async def _take(self, entries: Mapping[int, _Entry | None], found: Mapping[int, list[Any]]) -> None:
        for slot, entry in entries.items():
            if entry is None:
                continue
            texts = tuple(row[-1] for row in found[slot])
            is_new = texts != entry.texts
            entry.texts, entry.rows = texts, [row[1:-1] for row in found[slot]]
            await _renew([seat for seat in entry.seats if is_new or not seat.is_loaded], entry)
            self._due = 0.0

    async def _renew_due(self) -> None:
        """Renew seats that joined others with known facts, and those whose time has come."""
        now = time.time()
        if now < self._due:
            return
        entries = [entry for entry in self._slots if entry is not None and entry.texts is not None]
        for entry in entries:
            due = [seat for seat in entry.seats if seat.due <= now or not seat.is_loaded]
            if due:
                await _renew(due, entry)
        self._due = min((seat.due for entry in entries for seat in entry.seats), default=0.0)

    def _take_slot(self) -> int:
        if self._free:
            return self._free.pop()
        self._slots.append(None)
        for column in self._columns:
            column.append(None)
        if len(self._slots) > len(self._digests) * PART:
            self._digests.append(None)
        return len(self._slots) - 1

    def _put(self, slot: int, entry: _Entry | None) -> None:
        self._slots[slot] = entry
        self._digests[slot // PART] = None
        for place, column in enumerate(self._columns):
            column[slot] = None if entry is None else as_text(entry.arguments[place])


def _key_of(seat: Seat) -> Key:
    assert seat.key is not None  # noqa: S101 (only such seats are in a list)
    return seat.key


async def _renew(seats: Sequence[Seat], entry: _Entry) -> None:
    for number, seat in enumerate(seats):
        seat.take(await seat.renew(_Given(_key_of(seat), entry.rows)))
        if number % YIELD_EVERY == YIELD_EVERY - 1:
            await asyncio.sleep(0)


def _digest(found: Mapping[int, list[Any]]) -> bytes | None:
    """Return the digest that `digests_for_each` has for these rows. None if the order of rows isn't certain."""
    if any(len(rows) > 1 for rows in found.values()):
        return None
    text = "".join(f"{slot + 1}{rows[0][-1]}" for slot, rows in found.items() if rows)
    return sha256(text.encode()).digest() if text else None


class _Asked(Exception):
    """Ends a probe: it has seen what reads the facts."""


class _Probe:
    """Notes the statement that reads a viewer's facts, and runs none."""

    def __init__(self) -> None:
        self._asked: tuple[Select[Any], Mapping[str, Any]] | None = None

    async def fetch(self, statement: Select[Any], parameters: Mapping[str, Any]) -> Sequence[Any]:
        """Raise _Asked."""
        self._asked = statement, parameters
        raise _Asked

    def key(self) -> Key:
        """Return the text of the statement and its arguments."""
        assert self._asked is not None  # noqa: S101 (it has raised)
        return key_of(*self._asked)


class _Given:
    """Returns the rows of one statement, which are already loaded."""

    def __init__(self, key: Key, rows: Sequence[Any]) -> None:
        self._expected = key
        self._rows = rows

    async def fetch(self, statement: Select[Any], parameters: Mapping[str, Any]) -> Sequence[Any]:
        """Return the rows."""
        assert key_of(statement, parameters) == self._expected  # noqa: S101 (a token never asks for other facts)
        return self._rows
