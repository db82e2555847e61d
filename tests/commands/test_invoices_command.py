"""`crossgate invoices issue` charges a month once and reports what it charged."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from models import Invoice, InvoiceLine
from tests.commands.process import crossgate, run_subprocess


async def counts(url: str) -> list[int]:
    """The numbers of invoices and of invoice lines."""
    engine: AsyncEngine = create_async_engine(url, poolclass=sa.NullPool)
    async with engine.connect() as connection:
        return [
            int(await connection.scalar(sa.select(sa.func.count()).select_from(kind)) or 0) for kind in (Invoice, InvoiceLine)
        ]


async def test_month_of_the_demo_data_is_issued_once(database_url: str, tmp_path: Path) -> None:
    """A dry run prints exactly what is issued later. A repetition issues nothing."""
    assert 0 == crossgate("demo", data_dir=tmp_path, database_url=database_url).returncode
    before = await counts(database_url)
    outputs = []
    stored = []
    for more in (["--dry-run"], [], []):
        done = crossgate("invoices", "issue", "2026-05", *more, data_dir=tmp_path, database_url=database_url)
        assert (0, "") == (done.returncode, done.stderr)
        outputs.append(done.stdout.splitlines())
        stored.append(await counts(database_url))

    dry, issued, again = outputs
    number = len(issued) - 1
    assert all(
        re.fullmatch(r"INV-2026-05-\d{5}: .+, \d+(\.\d\d)? [A-Z]{3}, ports: \d+, payments: \d+", line) for line in issued[:-1]
    )
    assert [*dry[:-1], f"Invoices for 2026-05 would be issued: {number}; already issued: 0."] == dry
    assert [*dry[:-1], f"Invoices for 2026-05 issued: {number}; already issued: 0."] == issued
    assert [f"Invoices for 2026-05 issued: 0; already issued: {number}."] == again
    assert [before[0], before[0] + number, before[0] + number] == [invoices for invoices, _ in stored]
    assert stored[1] == stored[2]


@pytest.mark.parametrize("month", ["2026-13", "2026-4", "April", "2026-04-01", "0000-01"])
def test_invalid_month_is_refused(tmp_path: Path, month: str) -> None:
    """An invalid month is a usage error."""
    done = crossgate("invoices", "issue", month, data_dir=tmp_path)

    assert (2, "", True) == (done.returncode, done.stdout, "isn't a valid month" in done.stderr)


def test_future_month_is_refused(tmp_path: Path) -> None:
    """What will be in service in a future month isn't known yet."""
    done = run_subprocess("invoices", "issue", "2099-01", data_dir=tmp_path)

    assert (1, "", "crossgate: 2099-01 hasn't started yet.\n") == (done.returncode, done.stdout, done.stderr)
