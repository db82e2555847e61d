"""The hub of a type: it receives each change once, decides for all subscribers together, and sends them the answers they share.

Changes that arrive together are decided in one snapshot, so that the viewers' facts are compared only once.

A subscriber that can't share an answer, or that hasn't taken its last one yet, looks up the change by itself when it's ready. So no
answer waits for a slow subscriber: only the keys of changed rows are queued for it.
"""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

import structlog

from models.listening import MAX_PENDING, Change, ChangeQueue, ListenerTooSlow
from models.reading import Snapshot
from policies.evaluation.policy import Policy
from policies.evaluation.reachability import can_ever_read
from policies.sealed_viewer import ValueWithheld, shared_values
from policies.viewer import Viewer
from resolvers.events.answers import EventSelection, SharedAnswer, sealed_context
from resolvers.events.roster import YIELD_EVERY, Roster, Seat
from resolvers.events.verdicts import Question, verdicts
from telemetry import metrics, tracing

if TYPE_CHECKING:
    from resolvers.context import Context, Services
    from resolvers.reading.records import Record

TURNS_TO_TAKE: Final = 3  # turns of the event loop, in which a subscriber that isn't slow takes its answer
MAX_CHANGES_PER_SNAPSHOT: Final = 16
MAX_SNAPSHOT_AGE: Final = 0.2  # seconds, after which rights that have ended must count
VIEWERS, DECISION, ANSWERS = (metrics.EVENT_SECONDS.child(step) for step in ("viewers", "decision", "answers"))

log = structlog.stdlib.get_logger("crossgate.events")
Shows = Callable[["Record", Change], bool]


@dataclass(frozen=True, slots=True)
class Belongs:
    """A check that a record belongs to a certain company, which the viewer can read."""

    company: UUID
    check: Callable[[Record, Context], Awaitable[bool]] = field(compare=False)


class Subscriber:
    """One subscription. `belongs` limits it to the records of one company."""

    def __init__(
        self, seat: Seat, selection: EventSelection | None, columns: frozenset[str], shows: Shows, belongs: Belongs | None
    ) -> None:
        self.seat = seat
        self.selection = selection
        self.shows = shows
        self.belongs = belongs
        self.columns = columns
        self._alone: ChangeQueue | None = None  # made when needed: most subscribers never look up a change alone
        self._waiting: asyncio.Future[Shared | None] | None = None
        self.since = 0

    @property
    def is_idle(self) -> bool:
        """Whether it waits for an answer or a change."""
        return self._waiting is not None and not self._waiting.done()

    @property
    def shares(self) -> bool:
        """Whether it can now share the decision and the answer with others."""
        return self.is_idle and self.seat.is_shared and self.selection is not None

    def hears(self, change: Change) -> bool:
        """Return whether a change touches a column that the subscription depends on."""
        return change.columns is None or not change.columns.isdisjoint(self.columns)

    async def next(self) -> Shared | Change:
        """Wait for a shared answer, or for a change to look up. Raises ListenerTooSlow."""
        if self._alone is None or not self._alone.is_ready:
            self._waiting = asyncio.get_running_loop().create_future()
            try:
                if (shared := await self._waiting) is not None:
                    return shared
            finally:
                self._waiting = None
        assert self._alone is not None  # noqa: S101 (a change was put into it)
        change = await anext(self._alone)
        if not self._alone.is_ready:
            self._alone = None
        return change

    def look_up(self, change: Change) -> None:
        """Queue a change for the subscriber to look up by itself."""
        if self._alone is None:
            self._alone = ChangeQueue(self.columns)
        self._alone.put(change)
        self._wake(None)

    def tell(self, shared: Shared, change: Change) -> None:
        """Send an answer, or queue the change if the subscriber isn't waiting any more."""
        if self.is_idle:
            self._wake(shared)
        else:
            self.look_up(change)

    def overflow(self) -> None:
        """End the subscription's queue: changes were missed."""
        self._alone = ChangeQueue.overflowed()
        self._wake(None)

    def _wake(self, shared: Shared | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(shared)


class Shared:
    """A shared answer, with the current viewer of the subscriber that gets it."""

    __slots__ = ("answer", "viewer")

    def __init__(self, viewer: Viewer, answer: SharedAnswer) -> None:
        self.viewer = viewer
        self.answer = answer


class _Standing(NamedTuple):
    """What a viewer can read under a policy, and the values it shares with other viewers. Kept until either changes."""

    policy: Policy
    viewer: Viewer
    question: Question
    shared: Hashable


class _NumberedQueue(ChangeQueue):
    """The changes that at least one subscriber depends on, numbered, so that subscribers don't get those from before they joined."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(max_pending=MAX_PENDING)
        self._hub = hub
        self.number = 0
        self._numbers: dict[UUID, int] = {}

    @property
    def audience(self) -> int:
        """The number of subscribers."""
        return len(self._hub.subscribers)

    def put(self, change: Change) -> None:
        """Queue a change if any subscriber depends on it."""
        if not self._matches(change):
            return
        self.number += 1
        self._numbers[change.key] = self.number
        super().put(change)

    def _matches(self, change: Change) -> bool:
        return change.columns is None or any(column in self._hub.columns for column in change.columns)

    def number_of(self, change: Change) -> int:
        """Return the number of a change that was taken."""
        return self._numbers.pop(change.key)


class Hub:
    """The subscribers of a type, and the task that sends them changes."""

    def __init__(self, entity: str, services: Services, make_context: Callable[[Services, Viewer], Context]) -> None:
        self.subscribers: dict[Subscriber, None] = {}
        self.columns: Counter[str] = Counter()  # how many subscribers depend on each
        self._entity = entity
        self._services = services
        self._make_context = make_context
        self._roster = Roster()
        self._changes = _NumberedQueue(self)
        self._task: asyncio.Task[None] | None = None
        self._is_announcing = False
        self.shared_answers = 0  # how many answers were given to subscribers who share

    @property
    def is_settled(self) -> bool:
        """Whether nothing remains to be sent or looked up."""
        is_idle = all(each.is_idle for each in self.subscribers)
        return is_idle and not self._is_announcing and not self._changes.is_ready

    @asynccontextmanager
    async def joined(self, subscriber: Subscriber) -> AsyncIterator[None]:
        """Send changes to a subscriber during the block."""
        if self._task is None:
            self._listen()
            self._task = asyncio.create_task(self._run(), context=contextvars.Context())  # not the first subscriber's
        subscriber.since = self._changes.number
        self.subscribers[subscriber] = None
        self.columns.update(subscriber.columns)
        try:
            await self._roster.admit(subscriber.seat)
            yield
        finally:
            del self.subscribers[subscriber]
            self.columns -= Counter(subscriber.columns)
            self._roster.leave(subscriber.seat)
            if not self.subscribers and self._task is not None:
                self._services.change_listener.remove(self._entity, self._changes)
                self._task.cancel()
                self._task = None

    async def _run(self) -> None:
        while True:
            try:
                await self._take_next()
            except ListenerTooSlow:
                self._overflow()
            except Exception:
                log.exception("event.failed")

    async def _take_next(self) -> None:
        """Wait for changes and announce them to the subscribers. Raises ListenerTooSlow."""
        changes = self._changes
        taken = [await anext(changes)]
        while changes.is_ready and len(taken) < MAX_CHANGES_PER_SNAPSHOT:
            taken.append(await anext(changes))
        self._is_announcing = True
        try:
            await self._announce([(change, changes.number_of(change)) for change in taken])
        finally:
            self._is_announcing = False

    def _overflow(self) -> None:
        """Tell all subscribers that they missed changes, and start a new queue."""
        for subscriber in self.subscribers:
            subscriber.overflow()
        self._services.change_listener.remove(self._entity, self._changes)
        self._listen()

    def _listen(self) -> None:
        """Queue changes from now on."""
        self._changes = _NumberedQueue(self)
        self._services.change_listener.add(self._entity, self._changes)

    async def _announce(self, changes: Iterable[tuple[Change, int]]) -> None:
        """Announce numbered changes to all subscribers. If that fails, each subscriber looks up the rest by itself."""
        heard = ((change, self._sharing(change, number)) for change, number in changes)
        pending = deque((change, sharing) for change, sharing in heard if sharing)
        if not pending:
            return
        try:
            while pending:
                async with self._services.change_listener.load_slots, self._services.reader.snapshot() as snapshot:
                    await self._share(pending, snapshot)
        except Exception:
            log.exception("event.not_shared")
            for change, sharing in pending:
                await self._tell(dict.fromkeys(sharing), change)

    async def _share(self, pending: deque[tuple[Change, list[Subscriber]]], snapshot: Snapshot) -> None:
        """Decide changes for the subscribers that share, and send the answers, until the snapshot is too old for the rest."""
        until = time.monotonic() + MAX_SNAPSHOT_AGE
        with tracing.event(), VIEWERS.block():
            await self._roster.refresh(snapshot)
        while pending:
            change, sharing = pending[0]
            with tracing.event():
                told = await self._answers(change, sharing, snapshot)
            pending.popleft()
            await self._tell(told, change)
            if time.monotonic() >= until:
                return

    def _sharing(self, change: Change, number: int) -> list[Subscriber]:
        """Return the subscribers that share the decision about a change. The others that depend on it look it up by themselves."""
        hearing = [each for each in self.subscribers if each.since < number and each.hears(change)]
        for subscriber in hearing:
            if not subscriber.shares:
                subscriber.look_up(change)
        return [each for each in hearing if each.shares]

    async def _tell(self, told: Mapping[Subscriber, Shared | None], change: Change) -> None:
        """Send the answers, and let those subscribers that aren't slow take them."""
        for number, (subscriber, shared) in enumerate(told.items()):
            if shared is None:
                subscriber.look_up(change)
            else:
                self.shared_answers += 1
                subscriber.tell(shared, change)
            if number % YIELD_EVERY == YIELD_EVERY - 1:
                await asyncio.sleep(0)
        for _ in range(TURNS_TO_TAKE):
            await asyncio.sleep(0)

    async def _answers(
        self, change: Change, sharing: Sequence[Subscriber], snapshot: Snapshot
    ) -> Mapping[Subscriber, Shared | None]:
        """Return the answer for each subscriber that gets one, or None if it has to look up the change by itself."""
        with DECISION.block():
            alone, standings = await self._partition(sharing)
            records = await verdicts(snapshot, change.key, {each.question for each in standings.values()})
            groups = await self._grouped(change, standings, records)
        told: dict[Subscriber, Shared | None] = dict.fromkeys(alone)
        with ANSWERS.block():
            for members in groups:
                viewers = [standings[each].viewer for each in members]
                record = records[standings[members[0]].question]
                hears, answer = await self._answer(members[0], viewers, record, snapshot)
                if hears:
                    told |= {each: None if answer is None else Shared(standings[each].viewer, answer) for each in members}
        return told

    async def _grouped(
        self, change: Change, standings: Mapping[Subscriber, _Standing], records: Mapping[Question, Record]
    ) -> Iterable[list[Subscriber]]:
        """Return the subscribers that can read the row, in groups that get the same answer."""
        groups: dict[Hashable, list[Subscriber]] = {}
        for number, (subscriber, standing) in enumerate(standings.items()):
            if number % YIELD_EVERY == YIELD_EVERY - 1:
                await asyncio.sleep(0)
            record = records.get(standing.question)
            if record is not None and subscriber.shows(record, change):
                assert subscriber.selection is not None  # noqa: S101 (it shares)
                group = (standing.question, standing.shared, subscriber.belongs, subscriber.selection.key)
                groups.setdefault(group, []).append(subscriber)
        return groups.values()

    async def _partition(self, sharing: Iterable[Subscriber]) -> tuple[list[Subscriber], dict[Subscriber, _Standing]]:
        """Return the subscribers that have to look up the change by themselves, and the standing of each of the others."""
        policy, alone, standings = self._services.policy, list[Subscriber](), dict[Subscriber, _Standing]()
        for number, subscriber in enumerate(sharing):
            if number % YIELD_EVERY == YIELD_EVERY - 1:
                await asyncio.sleep(0)
            seat = subscriber.seat
            standing: _Standing | None = seat.derived
            if standing is None or standing.policy is not policy:
                standing = seat.derived = self._standing(policy, seat)
            if standing is None:
                alone.append(subscriber)
            else:
                standings[subscriber] = standing
        return alone, standings

    def _standing(self, policy: Policy, seat: Seat) -> _Standing | None:
        """Return the standing of a viewer under a policy. None if it isn't loaded, or can never read a row of the type."""
        viewer = seat.viewer
        if not seat.is_loaded or viewer is None or not can_ever_read(policy, viewer.shape, self._entity):
            return None
        return _Standing(policy, viewer, Question(policy.decide(viewer.shape, self._entity), viewer), shared_values(viewer))

    async def _answer(
        self, subscriber: Subscriber, viewers: Sequence[Viewer], record: Record, snapshot: Snapshot
    ) -> tuple[bool, SharedAnswer | None]:
        """Return whether a group of viewers gets the record, and its answer. None if each has to look it up by itself."""
        assert subscriber.selection is not None  # noqa: S101 (it shares)
        context = sealed_context(self._make_context, self._services, viewers, snapshot)
        seal: Any = context.viewer
        hears, answer = await _executed(subscriber, subscriber.selection, context, record)
        return (True, None) if seal.was_opened else (hears, answer)


async def _executed(
    subscriber: Subscriber, selection: EventSelection, context: Context, record: Record
) -> tuple[bool, SharedAnswer | None]:
    """Return what `_answer` returns, unless a withheld value was read."""
    try:
        if subscriber.belongs is not None and not await subscriber.belongs.check(record, context):
            return False, None
    except ValueWithheld:
        return True, None
    return True, await selection.execute(context, record)
