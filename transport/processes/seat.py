"""What a gateway's process shares with the others: the counts that limits look at, and the metrics."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from settings import Settings
from transport.limits.ledger import Ledger, OwnLedger
from transport.metrics import serving_metrics


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a process counts, and what shows its metrics while it serves. By default, it shares nothing."""

    ledger: Ledger = field(default_factory=OwnLedger)
    showing_metrics: Callable[[Settings], AbstractAsyncContextManager[None]] = serving_metrics
