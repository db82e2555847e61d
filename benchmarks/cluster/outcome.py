"""What a run showed: orders that were lost or carried out twice, and how long writing, reading and events were away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise


@dataclass(slots=True)
class Order:
    """One order, sent under one key until it's acknowledged. Times are seconds of the run."""

    name: str
    sent: float
    acknowledged: float | None = None
    port: str | None = None  # the ID in the acknowledgement
    attempts: int = 0
    failures: Counter[str] = field(default_factory=Counter)  # of the attempts, by code or exception


@dataclass(frozen=True, slots=True)
class Kill:
    """The end of a primary, and when the cluster had another one. Times are seconds of the run."""

    node: str
    at: float
    successor: str = ""
    promoted: float | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database has of an order: the IDs of its ports, and the number of its audit events."""

    ports: tuple[str, ...] = ()
    events: int = 0


@dataclass(slots=True)
class Outcome:
    """All orders and kills, what is stored at the end, and when reads were answered and each gateway heard events."""

    orders: list[Order]
    kills: list[Kill]
    stored: Mapping[str, Stored]
    reads: list[float]
    listening: list[list[tuple[float, bool]]]
    end: float

    @property
    def lost(self) -> list[str]:
        """The orders that were acknowledged, but aren't stored as they were acknowledged."""
        done = [order for order in self.orders if order.acknowledged is not None]
        return [order.name for order in done if order.port not in self._stored(order).ports]

    @property
    def repeated(self) -> list[str]:
        """The orders that are stored or recorded more than once."""
        return [order.name for order in self.orders if len(self._stored(order).ports) > 1 or self._stored(order).events > 1]

    @property
    def unacknowledged(self) -> list[str]:
        """The orders that weren't acknowledged before the end."""
        return [order.name for order in self.orders if order.acknowledged is None]

    def away(self, times: Sequence[float]) -> list[float]:
        """Return, for each kill, the longest time without any of `times` until the next kill or the end."""
        ends = [kill.at for kill in self.kills[1:]] + [self.end]
        return [longest_gap(times, kill.at, end) for kill, end in zip(self.kills, ends, strict=True)]

    @property
    def acknowledgements(self) -> list[float]:
        """When orders were acknowledged."""
        return sorted(order.acknowledged for order in self.orders if order.acknowledged is not None)

    def deaf(self) -> list[float]:
        """Return, for each kill, the longest time in which a gateway heard no events."""
        heard = [[at for at, connected in samples if connected] for samples in self.listening]
        return [max(gaps) for gaps in zip(*(self.away(times) for times in heard), strict=True)] if self.kills else []

    def lines(self) -> Iterator[str]:
        """Yield the report."""
        attempts = sum(order.attempts for order in self.orders)
        failures = sum((order.failures for order in self.orders), Counter[str]())
        yield f"{len(self.orders)} orders in {self.end:.0f} s, sent {attempts} times"
        yield f"failed attempts: {', '.join(f'{number} {code}' for code, number in failures.most_common()) or 'none'}"
        yield "| primary killed | new primary after, s | writing away, s | reading away, s | events away, s |"
        yield "| --- | ---: | ---: | ---: | ---: |"
        columns = zip(self.kills, self.away(self.acknowledgements), self.away(self.reads), self.deaf(), strict=True)
        for kill, writing, reading, deaf in columns:
            promoted = "never" if kill.promoted is None else f"{kill.promoted - kill.at:.1f}"
            yield f"| {kill.node} | {promoted} | {writing:.1f} | {reading:.1f} | {deaf:.1f} |"
        for what, names in (("lost", self.lost), ("repeated", self.repeated), ("never acknowledged", self.unacknowledged)):
            yield f"{what}: {', '.join(names) or 'nothing'}"

    def _stored(self, order: Order) -> Stored:
        return self.stored.get(order.name, Stored())


def longest_gap(times: Sequence[float], start: float, end: float) -> float:
    """Return the longest time between two moments of `times` from start to end, which count too."""
    return max(after - before for before, after in pairwise([start, *(at for at in times if start < at < end), end]))
