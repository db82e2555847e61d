"""An export of ten times as many rows takes hardly more memory, and no more CPU for a row. Its time is read from the metrics."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.exports import DONE, EXPORTED, JOBS, START, Export, Exports
from benchmarks.metrics import Timing, timing
from benchmarks.report import exports_table
from models.export import ExportFormat
from tests.client import Client
from tests.factory import Factory

MIB = 2**20
TEXT = """# HELP crossgate_job_duration_seconds Time of a job.
# TYPE crossgate_job_duration_seconds histogram
crossgate_job_duration_seconds_bucket{le="+Inf",queue="exports",result="done"} 4.0
crossgate_job_duration_seconds_count{queue="exports",result="done"} 4.0
crossgate_job_duration_seconds_sum{queue="exports",result="done"} 0.5
crossgate_job_duration_seconds_count{queue="mails",result="done"} 9.0
"""


async def test_gateway_takes_the_export_in_each_format(client: Client, engine: AsyncEngine) -> None:
    """The query that is exported fits the current schema."""
    company = await Factory(engine).company()

    for kind in ExportFormat:
        values = {"input": {"query": EXPORTED, "format": kind.value}}
        answer = await client.send(company.admin, START, values)

        assert [] == answer.data["startExport"]["userErrors"]


def test_memory_is_compared_with_the_smaller_export_of_the_format() -> None:
    """Differences of less than some MiB don't count."""
    found = Exports([export("CSV", 10, 8 * MIB), export("CSV", 100, 20 * MIB), export("X", 10, 1), export("X", 100, 4 * MIB)])

    assert [(2.5, False), (1.0, True)] == [(verdict.figure, verdict.met) for verdict in found.verdicts()[:2]]


def test_row_costs_the_same_in_an_export_of_any_size() -> None:
    """CPU is that of worker and PostgreSQL together."""
    small = export("CSV", 1000, MIB)
    found = Exports([small, replace(export("CSV", 10_000, MIB), postgres_cpu_ms=800)])

    verdict = found.verdicts()[-1]
    assert ("CSV: CPU of a row of 10,000, over a row of 1,000", 2.0, False) == (verdict.what, verdict.figure, verdict.met)


def test_table_has_a_row_for_each_export() -> None:
    """CPU is that of a row, of the worker and of PostgreSQL."""
    lines = exports_table(Exports([export("CSV", 1000, 8 * MIB)])).splitlines()

    assert "| 1,000 rows, CSV | 500 | 40.0 | 20.0 | 8.0 | 2.00 | 0.50 |" == lines[-1]


def test_timing_is_read_from_the_series_with_exactly_these_labels() -> None:
    """A series that isn't there yet is empty, and two readings can be subtracted."""
    now, before = timing(TEXT, JOBS, DONE), timing("", JOBS, DONE)

    assert (Timing(4.0, 0.5), Timing(0.0, 0.0)) == (now, before)
    assert (125.0, 0.0) == ((now - before).mean_ms, (now - now).mean_ms)


def export(kind: str, rows: int, memory: int) -> Export:
    """Return an export that took 40 and 20 µs of CPU per row."""
    return Export(kind, rows, rows / 500, 0.04 * rows, 0.02 * rows, memory, 2 * MIB, 0.5)
