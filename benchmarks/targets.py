"""What the gateway has to reach, as ratios within one run, and whether it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from benchmarks.compare import Comparison
from benchmarks.peers.registry import GATEWAY, HANDWRITTEN, MERCURIUS, POSTGRAPHILE, STRAWBERRY, UNGUARDED
from benchmarks.workload.viewers import PARTNER

LISTS: Final = ("Q1", "Q2", "Q3")


@dataclass(frozen=True, slots=True)
class Verdict:
    """A figure that was measured, beside the bound that it is held to."""

    what: str
    figure: float
    bound: float
    at_most: bool = True

    @property
    def met(self) -> bool:
        """Whether the figure keeps to its bound."""
        return self.figure <= self.bound if self.at_most else self.figure >= self.bound

    def as_json(self) -> dict[str, object]:
        """For the file of results."""
        sign = "at most" if self.at_most else "at least"
        return {"what": self.what, "figure": round(self.figure, 4), sign: round(self.bound, 4), "met": self.met}


@dataclass(frozen=True, slots=True)
class Target:
    """A bound on the gateway's figure over another server's, of some queries as the partner asks them."""

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
    """The targets of the comparison; those of servers or queries that were left out are passed over."""
    measured = []
    for target in TARGETS:
        for query in target.queries:
            figure = found.ratio(query, PARTNER, target.figure, GATEWAY, target.than)
            if figure is not None:
                what = f"{query}: {WORDS[target.figure]}, over {target.than}"
                measured.append(Verdict(what, figure, target.bound, target.at_most))
    return measured
