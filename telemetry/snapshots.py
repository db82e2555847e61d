"""Snapshots: the numbers of all metrics at a moment, as data that other processes can read and add up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from telemetry import metrics
from telemetry.families import Gauge, Labels

Numbers = Mapping[Labels, list[float]]
"""A family's numbers by its labels: one of a counter or a gauge; of a histogram the number in each bucket, then the sum."""
Snapshot = Mapping[str, Numbers]
"""The numbers of each family, by its name."""


def take() -> Snapshot:
    """Return the numbers of this process."""
    return {family.name: family.numbers() for family in metrics.FAMILIES}


def counted(processes: Iterable[Snapshot]) -> Snapshot:
    """Return the sums of counters and histograms. Gauges are left out."""
    found = list(processes)
    families = [family for family in metrics.FAMILIES if not isinstance(family, Gauge)]
    return {family.name: {labels: _sums(numbers) for labels, numbers in _by_labels(family.name, found)} for family in families}


def combined(living: Iterable[Snapshot], ended: Snapshot) -> Snapshot:
    """Return the numbers of several processes together.

    Counters and histograms are added up, also those of processes that have ended. Each gauge says how it's combined.
    """
    found = list(living)
    gauges = {
        family.name: {
            labels: [family.combine(number for (number,) in numbers)] for labels, numbers in _by_labels(family.name, found)
        }
        for family in metrics.FAMILIES
        if isinstance(family, Gauge)
    }
    return {**counted([*found, ended]), **gauges}


def since(before: Snapshot, now: Snapshot) -> Snapshot:
    """Return a later snapshot of the same process without what it had counted before."""
    gauges = {family.name for family in metrics.FAMILIES if isinstance(family, Gauge)}
    return {
        name: numbers
        if name in gauges
        else {labels: _without(each, before[name].get(labels)) for labels, each in numbers.items()}
        for name, numbers in now.items()
    }


def _sums(numbers: list[list[float]]) -> list[float]:
    return [sum(parts) for parts in zip(*numbers, strict=True)]


def _without(numbers: list[float], before: list[float] | None) -> list[float]:
    return numbers if before is None else [number - less for number, less in zip(numbers, before, strict=True)]


def _by_labels(name: str, snapshots: list[Snapshot]) -> Iterator[tuple[Labels, list[list[float]]]]:
    """Yield the labels of a family with the numbers of each process that has them."""
    found: dict[Labels, list[list[float]]] = {}
    for snapshot in snapshots:
        for labels, numbers in snapshot.get(name, {}).items():
            found.setdefault(labels, []).append(numbers)
    yield from found.items()
