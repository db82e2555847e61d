"""`crossgate demo` fills an empty database only."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from commands.demo.filling import fill
from commands.demo.market import NotEmpty, load, make
from commands.demo.scales import DemoScale
from models import Base, Company, Dealing, Location, OfferBuyer
from models.database import connect
from tests.commands.process import crossgate, run_subprocess
from tests.conftest import SEED


def test_command_fills_an_empty_database_and_reports_it(database_url: str, tmp_path: Path) -> None:
    """It prints one line with the counts and the seconds, and says that the data is invented."""
    done = run_subprocess("demo", "--scale", "small", data_dir=tmp_path, database_url=database_url)

    assert (0, "") == (done.returncode, done.stderr)
    assert re.fullmatch(
        r"150 locations, 200 companies, 60 managed accounts, 1,500 ports, 250 products, 800 offers; [\d,]+ rows in [\d.]+ s\."
        r" Companies, people, names and prices of the sample data are invented\.\n",
        done.stdout,
    )


def test_command_refuses_a_database_with_rows(demo_url: str, tmp_path: Path) -> None:
    """It names the table that has rows, in one line without a traceback."""
    done = crossgate("demo", data_dir=tmp_path, database_url=demo_url)

    assert (1, "") == (done.returncode, done.stdout)
    assert (
        "crossgate: The database is not empty: the table app_user has rows. Use an empty database for the sample market.\n"
        == done.stderr
    )


async def test_database_with_one_row_stays_unchanged(engine: AsyncEngine) -> None:
    """A refused database is left unchanged, even if the row was added after the check."""
    location = {"metro": "Amsterdam", "country": "NL", "market": "NL", "status": "ACTIVE"}
    async with engine.connect() as connection:
        values = {"name": "Sample", "latitude": 0, "longitude": 0, "speeds_mbps": []}
        await connection.execute(sa.insert(Location).values(**location, **values))
    with pytest.raises(NotEmpty, match="location"):
        await fill(engine, DemoScale.SMALL)
    with pytest.raises(NotEmpty, match="location"):
        await load(engine, make("small", SEED, lambda *_: None), lambda *_: None)

    assert [1, 0] == await _all(engine, *(sa.select(sa.func.count()).select_from(table) for table in (Location, Company)))


async def test_all_rows_are_stored(demo_copy_url: str) -> None:
    """Every table has as many rows as were built for it, and the database derives the rest."""
    engine = connect(demo_copy_url)  # other tests leave audit events in the shared demo database
    world = make("small", SEED, lambda *_: None)
    tables = [table for table in Base.metadata.sorted_tables if table.name != Dealing.__tablename__]
    counts = await _all(engine, *(sa.select(sa.func.count()).select_from(table) for table in tables))
    counted, actual = await _all(
        engine, sa.select(sa.func.sum(Dealing.offers)), sa.select(sa.func.count()).select_from(OfferBuyer)
    )
    await engine.dispose()

    assert [len(world.rows[table.name]) for table in tables] == counts
    assert counted == actual


async def _all(engine: AsyncEngine, *queries: sa.Select[Any]) -> list[Any]:
    async with engine.connect() as connection:
        return [await connection.scalar(query) for query in queries]
