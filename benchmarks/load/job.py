"""What the load process is asked to do, and what it answers. Both travel as a line of JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any


@dataclass(frozen=True, slots=True)
class Job:
    """One request to a local port, sent again as soon as it is answered, through each of so many connections."""

    port: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    connections: int = 16
    seconds: float = 1.0
    at_least: int = 1  # requests, however long they take

    def request(self) -> bytes:
        """The request, as it goes over the wire."""
        content = self.body.encode()
        lines = [
            "POST /graphql HTTP/1.1",
            f"Host: localhost:{self.port}",
            "Content-Type: application/json",
            "Accept: application/json",
            f"Content-Length: {len(content)}",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job went. Latencies are in milliseconds, bytes are those of one answer's content."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    answer_bytes: int

    @property
    def per_second(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


def outcome(latencies_ns: list[int], seconds: float, answer_bytes: int) -> dict[str, Any]:
    """The fields of an Outcome."""
    cuts = quantiles(latencies_ns, n=100, method="inclusive") if len(latencies_ns) > 1 else latencies_ns * 99
    return {
        "requests": len(latencies_ns),
        "seconds": seconds,
        "p50_ms": cuts[49] / 1e6,
        "p99_ms": cuts[98] / 1e6,
        "answer_bytes": answer_bytes,
    }
