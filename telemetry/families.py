"""Families of metrics: one name, with a child for each value of its label.

Children are made at import, so that the hot path only adds to a number: `prometheus_client`'s own objects take a lock and five
times as long. Everything is counted in the thread of the event loop. `transport.metrics` turns families into text.

A family has at most MAX_CHILDREN; further values share the child OTHER. So no mistake makes the number of series grow with requests.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar, Final, Generic, TypeVar

MAX_CHILDREN: Final = 200
OTHER: Final = "OTHER"
Labels = tuple[str, ...]
"""The values of a family's labels."""


class Count:
    """A number that the hot path adds to."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0.0


class Timing:
    """Durations in seconds, as the number in each bucket and their sum."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)  # the last has the durations above all bounds
        self.total = 0.0

    def observe(self, seconds: float) -> None:
        """Add a duration."""
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.total += seconds

    @contextmanager
    def block(self) -> Iterator[None]:
        """Add the duration of a block, unless it raises."""
        started = time.perf_counter()
        yield
        self.observe(time.perf_counter() - started)


Child = TypeVar("Child", Count, Timing)


@dataclass(slots=True)
class Family(Generic[Child]):
    """A metric. `labels` are the names of its labels."""

    name: str
    meaning: str
    labels: Labels = ()
    children: dict[Labels, Child] = field(default_factory=dict)

    def child(self, *values: str) -> Child:
        """Return the child for values of the labels, or the child OTHER if there are too many."""
        child = self.children.get(values)
        if child is None:
            if len(self.children) >= MAX_CHILDREN:
                values = (OTHER,) * len(self.labels)
            child = self.children.setdefault(values, self.make())
        return child

    def every(self, values: Iterable[str]) -> Mapping[str, Child]:
        """Return the children for all values of the only label."""
        return {value: self.child(value) for value in values}

    def make(self) -> Child:
        """Make a child."""
        raise NotImplementedError

    def numbers(self) -> dict[Labels, list[float]]:
        """Return the numbers of each child, by the values of its labels. See `telemetry.snapshots`."""
        raise NotImplementedError


@dataclass(slots=True)
class Counter(Family[Count]):
    """Numbers that only grow, until the process ends. The name ends with `_total`."""

    kind: ClassVar[str] = "counter"

    def make(self) -> Count:
        """Make a child."""
        return Count()

    def numbers(self) -> dict[Labels, list[float]]:
        """Return each count, alone in a list."""
        return {labels: [child.value] for labels, child in self.children.items()}


@dataclass(slots=True)
class Gauge(Family[Count]):
    """Numbers that grow and shrink. With `read`, they are read when the metrics are.

    `combine` makes one number of those of several processes.
    """

    kind: ClassVar[str] = "gauge"
    read: Callable[[], Mapping[Labels, float]] | None = None
    combine: Callable[[Iterable[float]], float] = sum

    def make(self) -> Count:
        """Make a child."""
        return Count()

    def numbers(self) -> dict[Labels, list[float]]:
        """Return each number as it is now, alone in a list."""
        if self.read is not None:
            return {labels: [float(number)] for labels, number in self.read().items()}
        return {labels: [child.value] for labels, child in self.children.items()}


@dataclass(slots=True)
class Histogram(Family[Timing]):
    """Durations in buckets. The name ends with `_seconds`."""

    kind: ClassVar[str] = "histogram"
    bounds: tuple[float, ...] = ()

    def make(self) -> Timing:
        """Make a child."""
        return Timing(self.bounds)

    def numbers(self) -> dict[Labels, list[float]]:
        """Return the number of durations in each bucket, then their sum."""
        return {labels: [*child.counts, child.total] for labels, child in self.children.items()}
