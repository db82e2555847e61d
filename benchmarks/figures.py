"""Statistics of many short samples: the cost of one slice of load, and medians and ratios over slices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Sample:
    """The results of one slice of load. Latencies, and CPU per request, are in milliseconds."""

    per_second: float
    p50_ms: float
    p99_ms: float
    server_cpu_ms: float
    postgres_cpu_ms: float
    answer_bytes: int = 0
    first_byte_ms: float = 0.0
    p95_ms: float = 0.0

    @property
    def cpu_ms(self) -> float:
        """The total CPU of server and PostgreSQL."""
        return self.server_cpu_ms + self.postgres_cpu_ms


FIGURES = ("per_second", "p50_ms", "p95_ms", "p99_ms", "server_cpu_ms", "postgres_cpu_ms")


def medians(samples: Sequence[Sample]) -> dict[str, float]:
    """Return the median of each statistic."""
    return {name: round(median(getattr(sample, name) for sample in samples), 4) for name in FIGURES}


def ratio(ours: Sequence[Sample], theirs: Sequence[Sample], figure: str) -> float | None:
    """Return the median over rounds of our value divided by theirs, or None if theirs is 0 in every round.

    In each round both are measured within seconds, so that disturbances of the machine affect both.
    """
    pairs = [(getattr(one, figure), getattr(other, figure)) for one, other in zip(ours, theirs, strict=True)]
    ratios = [one / other for one, other in pairs if other]
    return round(median(ratios), 4) if ratios else None
