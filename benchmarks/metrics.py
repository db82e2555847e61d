"""The metrics of a gateway or a worker, as Prometheus reads them."""

from __future__ import annotations

import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

TIMEOUT: Final = 10  # seconds


@dataclass(frozen=True, slots=True)
class Timing:
    """A histogram's durations so far: how many, and their sum in seconds."""

    count: float
    seconds: float

    def __sub__(self, before: Timing) -> Timing:
        return Timing(self.count - before.count, self.seconds - before.seconds)

    @property
    def mean_ms(self) -> float:
        """The mean duration in milliseconds, 0 if there is none."""
        return 1000 * self.seconds / self.count if self.count else 0.0


def timing(text: str, name: str, labels: Mapping[str, str] | None = None) -> Timing:
    """Return a histogram from the text of `/metrics`, without a series it's empty."""
    found = {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if family.name == name and sample.labels == (labels or {})
    }
    return Timing(found.get(f"{name}_count", 0.0), found.get(f"{name}_sum", 0.0))


def scrape(port: int) -> str:
    """Return the text of `/metrics` on a local port."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=TIMEOUT) as response:
        content: bytes = response.read()
    return content.decode()
