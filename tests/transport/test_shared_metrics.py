"""Metrics in memory that several processes share."""

from __future__ import annotations

import multiprocessing
import os
import signal

from telemetry import metrics
from telemetry.families import MAX_CHILDREN, Histogram
from transport.processes.samples import MAX_BYTES, Sample, SharedSamples, registry_of

FORKING = multiprocessing.get_context("fork")
PATIENCE = 30  # seconds
MAILS = "crossgate_mails_total"


def mails(samples: SharedSamples) -> float | None:
    """Return how many mails all processes have sent, according to the metrics."""
    return registry_of(samples).get_sample_value(MAILS, {"result": "sent"})


def count(samples: SharedSamples, seat: int, number: int, *, killed: bool = False) -> None:
    """Let a process at a seat count, and end."""

    def run() -> None:
        metrics.MAILS.child("sent").value += number
        samples.write(seat)
        if killed:
            os.kill(os.getpid(), signal.SIGKILL)

    process = FORKING.Process(target=run)
    process.start()
    process.join(PATIENCE)


def test_counts_of_ended_processes_stay() -> None:
    """A process that ends, also one that is killed, leaves what it has counted. Its successor starts with nothing."""
    metrics.MAILS.child("sent").value += 2  # a forked process inherits it, and doesn't report it again
    before = metrics.MAILS.child("sent").value
    samples = SharedSamples(2)
    found = [mails(samples)]
    for seat, number, killed in ((0, 3, False), (1, 4, True), (0, 5, False)):
        count(samples, seat, number, killed=killed)
        found.append(mails(samples))
        samples.end(seat)
        found.append(mails(samples))

    assert [before + number for number in (0, 3, 3, 7, 7, 12, 12)] == found


def test_sample_that_is_not_complete_is_not_read() -> None:
    """A process that is killed while it writes leaves the sample before."""
    samples = SharedSamples(1)
    count(samples, 0, 3)
    before = mails(samples)
    page = samples._pages[0]
    page._halves[1 - page._header[0]][:10] = b"incomplete"

    assert before == mails(samples) is not None


def test_every_sample_has_room() -> None:
    """A sample of as many series as there can be, with long labels and numbers, is smaller than its memory."""
    full = {
        family.name: {
            tuple(f"{'x' * 30}{number}" for _ in family.labels) or (str(number),): [123456789.123456]
            * (len(family.bounds) + 2 if isinstance(family, Histogram) else 1)
            for number in range(MAX_CHILDREN if family.labels else 1)
        }
        for family in metrics.FAMILIES
    }

    assert len(Sample(1, 1.0, full).encode()) < MAX_BYTES
