"""Figures of many short samples: what one slice of load cost, and the medians and ratios that are made of slices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Sample:
    """What one slice of load came to. Latencies and CPU are milliseconds, CPU is of one request."""

    per_second: float
    p50_ms: float
    p99_ms: float
    server_cpu_ms: float
    postgres_cpu_ms: float
    answer_bytes: int = 0

    @property
    def cpu_ms(self) -> float:
        """The CPU of server and PostgreSQL together."""
        return self.server_cpu_ms + self.postgres_cpu_ms


FIGURES = ("per_second", "p50_ms", "p99_ms", "server_cpu_ms", "postgres_cpu_ms")


def medians(samples: Sequence[Sample]) -> dict[str, float]:
    """The median of each figure."""
    return {name: round(median(getattr(sample, name) for sample in samples), 4) for name in FIGURES}


def ratio(ours: Sequence[Sample], theirs: Sequence[Sample], figure: str) -> float | None:
    """The median, over rounds, of our figure over theirs; None where theirs is nothing in every round.

    Both were measured within seconds of one another in each round, so that what disturbs the machine disturbs both.
    """
    pairs = [(getattr(one, figure), getattr(other, figure)) for one, other in zip(ours, theirs, strict=True)]
    ratios = [one / other for one, other in pairs if other]
    return round(median(ratios), 4) if ratios else None
