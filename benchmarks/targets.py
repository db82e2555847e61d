"""The gateway's performance targets, as ratios within one run, and whether it meets them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from benchmarks.compare import Comparison
from benchmarks.peers.registry import GATEWAY, HANDWRITTEN, MERCURIUS, POSTGRAPHILE, STRAWBERRY, UNGUARDED
from benchmarks.workload.viewers import PARTNER

LISTS: Final = ("Q1", "Q2", "Q3")


@dataclass(frozen=True, slots=True)
class Verdict:
    """A measured value and its limit."""

    what: str
    figure: float
    bound: float
    at_most: bool = True

    @property
    def met(self) -> bool:
        """True if the value is within its limit."""
        return self.figure <= self.bound if self.at_most else self.figure >= self.bound

    def as_json(self) -> dict[str, object]:
        """Return the values for the results file."""
        sign = "at most" if self.at_most else "at least"
        return {"what": self.what, "figure": round(self.figure, 4), sign: round(self.bound, 4), "met": self.met}


@dataclass(frozen=True, slots=True)
class Target:
    """A limit on the gateway's value relative to another server's, for some queries sent as the partner."""

    queries: tuple[str, ...]
    figure: str
    than: str
    bound: float
    at_most: bool = True


TARGETS: Final = (
    Target(LISTS, "server_cpu_ms", STRAWBERRY, 1 / 15),
    Target(("Q4",), "server_cpu_ms", STRAWBERRY, 1 / 3),
    Target(LISTS, "server_cpu_ms", HANDWRITTEN, 1.5),
    Target(("Q4",), "server_cpu_ms", HANDWRITTEN, 2.5),
    Target(LISTS, "per_second", MERCURIUS, 1.5, at_most=False),
    Target(("Q4",), "per_second", MERCURIUS, 0.7, at_most=False),
    Target(LISTS, "per_second", POSTGRAPHILE, 4, at_most=False),
    Target(LISTS, "cpu_ms", UNGUARDED, 1.15),
)
WORDS: Final = {
    "server_cpu_ms": "server CPU per request",
    "cpu_ms": "CPU per request, server and PostgreSQL",
    "per_second": "requests per second",
}


def verdicts(found: Comparison) -> list[Verdict]:
    """Check the comparison's targets. Targets of servers or queries that weren't measured are skipped."""
    measured = []
    for target in TARGETS:
        for query in target.queries:
            figure = found.ratio(query, PARTNER, target.figure, GATEWAY, target.than)
            if figure is not None:
                what = f"{query}: {WORDS[target.figure]}, over {target.than}"
                measured.append(Verdict(what, figure, target.bound, target.at_most))
    return measured
