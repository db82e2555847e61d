"""The input and output of the load process. Each is sent as a line of JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Any, Final

COUNTED: Final = 1_234_567  # in a body: each later request of the connection has the next number in its place


@dataclass(frozen=True, slots=True)
class Job:
    """One request to a local port, repeated over each of several connections as soon as its response arrives.

    With `bodies`, each connection has its own in place of `body`, so that connections don't write the same rows.
    """

    port: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    connections: int = 16
    seconds: float = 1.0
    at_least: int = 1  # minimum number of requests, however long they take
    bodies: Sequence[str] = ()
    containing: str = ""  # what each response must contain

    def request(self, connection: int = 0) -> bytes:
        """The first request of a connection as bytes on the wire."""
        content = (self.bodies[connection % len(self.bodies)] if self.bodies else self.body).encode()
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
    """The result of a job. Latencies are in milliseconds; bytes are the content length of one response."""

    requests: int
    seconds: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    first_byte_ms: float  # median
    answer_bytes: int

    @property
    def per_second(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


def outcome(latencies_ns: list[int], first_bytes_ns: list[int], seconds: float, answer_bytes: int) -> dict[str, Any]:
    """Return the fields of an Outcome."""
    cuts = quantiles(latencies_ns, n=100, method="inclusive") if len(latencies_ns) > 1 else latencies_ns * 99
    return {
        "requests": len(latencies_ns),
        "seconds": seconds,
        "p50_ms": cuts[49] / 1e6,
        "p95_ms": cuts[94] / 1e6,
        "p99_ms": cuts[98] / 1e6,
        "first_byte_ms": median(first_bytes_ns) / 1e6,
        "answer_bytes": answer_bytes,
    }
