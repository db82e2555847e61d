"""`crossgate prices import`: what it creates, updates and refuses, and that it imports all prices or none."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import CliRunner

from commands.__main__ import app
from commands.import_options import PRICE_COLUMNS
from commands.importing import BATCH
from models import Price
from models.port import SPEEDS_MBPS, TERMS_MONTHS
from models.price import RATE_LIMITS_MBPS, PriceKind
from tests.commands.market_files import LOCATION, PRICE, Import, text_of, write
from tests.commands.process import COMMAND, ROOT, crossgate, environment
from tests.factory import Factory, Location
from tests.rules.mutations import recorded_changes, stored_rows

NAME: Final = LOCATION["name"]
PATIENCE: Final = 120  # seconds until a process must have done something, even on a busy machine
WAITING: Final = """
    CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN IF NEW.monthly_rate = 77700 THEN PERFORM pg_sleep(600); END IF; RETURN NEW; END $$"""
WAITS: Final = "CREATE TRIGGER wait BEFORE INSERT ON price FOR EACH ROW EXECUTE FUNCTION wait()"
SLEEPS: Final = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"


@pytest.fixture
def import_(tmp_path: Path, database_url: str) -> Import:
    """The command, on the test's database."""
    return Import("prices", tmp_path, database_url)


@pytest.fixture
async def frankfurt(engine: AsyncEngine) -> Location:
    """A location in euros."""
    return await Factory(engine).location(NAME)


@pytest.fixture
async def tokyo(engine: AsyncEngine) -> Location:
    """A location in yen, which have no minor unit."""
    return await Factory(engine).location("Tokyo", country="JP", market="JP")


@pytest.mark.usefixtures("frankfurt")
async def test_prices_are_created_updated_and_left(engine: AsyncEngine, import_: Import) -> None:
    """Kind, location, speed and term identify a price. The audit log has each change, with the command."""
    connection = {**PRICE, "kind": "CONNECTION", "monthly_rate": "45"}
    created = import_(text_of(PRICE, connection))
    changed = text_of({**PRICE, "term_months": "24"}, {**PRICE, "monthly_rate": "0.05"}, connection)
    dry = import_(changed, "--dry-run")
    before = await stored_rows(engine)
    updated = import_(changed)
    again = import_(changed)

    assert [
        (0, "", "Prices created: 2; updated: 0; unchanged: 0.\n"),
        (0, "", "Prices to create: 1; to update: 1; unchanged: 1.\n"),
        (0, "", "Prices created: 1; updated: 1; unchanged: 1.\n"),
        (0, "", "Prices created: 0; updated: 0; unchanged: 3.\n"),
    ] == [(done.returncode, done.stderr, done.stdout) for done in (created, dry, updated, again)]
    assert 2 == len(before["price"])
    changes = await recorded_changes(engine)
    assert ("crossgate prices import", "price", {"monthly_rate": [30_000, 5]}) in changes
    assert [("crossgate prices import", "price")] * 4 == [change[:2] for change in changes]
    assert {(12, 5), (24, 30_000), (12, 4_500)} == await _rates(engine, "term_months")


@pytest.mark.parametrize(
    ("market", "amounts"),
    [
        (
            "DE",
            {"0": 0, "0.05": 5, "1250": 125_000, "1250.5": 125_050, "01.10": 110, "20000000.00": 2_000_000_000, "3.500": 350},
        ),
        ("JP", {"0": 0, "120000": 120_000, "120000.00": 120_000, "20000000": 20_000_000}),
    ],
)
async def test_amounts_are_major_units_of_the_currency(
    engine: AsyncEngine, import_: Import, frankfurt: Location, tokyo: Location, market: str, amounts: Mapping[str, int]
) -> None:
    """They are stored exactly, in minor units."""
    place = {"DE": {"location": frankfurt.name, "currency": "EUR"}, "JP": {"location": tokyo.name, "currency": "JPY"}}[market]
    keys = [(speed, term) for speed in RATE_LIMITS_MBPS for term in TERMS_MONTHS]
    rows = [
        {**PRICE, **place, "kind": "CONNECTION", "speed_mbps": str(speed), "term_months": str(term), "monthly_rate": text}
        for (speed, term), text in zip(keys, amounts, strict=False)
    ]
    done = import_(text_of(*rows))

    assert (0, "") == (done.returncode, done.stderr)
    assert sorted(amounts.values()) == sorted(rate for _, rate in await _rates(engine, "id"))


@pytest.mark.usefixtures("frankfurt", "tokyo")
async def test_all_errors_are_reported_at_once_with_line_and_column(engine: AsyncEngine, import_: Import) -> None:
    """Each has a code of the API. Nothing is imported, not even valid lines."""
    rows = [
        PRICE,
        {**PRICE, "speed_mbps": "50", "term_months": "13", "monthly_rate": "1,250.00", "setup_fee": "-1"},
        {**PRICE, "kind": "CONNECTION", "speed_mbps": "100000", "monthly_rate": "0.001", "setup_fee": "20000000.01"},
        {**PRICE, "kind": "port", "location": "Nowhere", "speed_mbps": "1e3", "currency": "DEM", "setup_fee": "1e3"},
        {**PRICE, "location": "Tokyo", "currency": "EUR", "monthly_rate": "NaN", "setup_fee": "٣"},
        {**PRICE, "location": "Tokyo", "term_months": "1", "currency": "JPY", "monthly_rate": "1.5", "setup_fee": "€1"},
        dict.fromkeys(PRICE, " "),
        {**PRICE, "speed_mbps": "01000", "monthly_rate": "299"},
    ]
    done = import_(text_of(*rows))

    allowed = "isn't allowed here. Use one of: {}. (INVALID_VALUE)".format
    amount = "Enter an amount without a currency or thousands separators, such as 1250.00. (INVALID_VALUE)"
    assert [
        "crossgate: FILE has 25 problems, so nothing was imported.",
        f"line 3, column speed_mbps: 50 {allowed('1000, 10000, 100000, 400000')}",
        f"line 3, column term_months: 13 {allowed('1, 12, 24, 36, 48, 60')}",
        f"line 3, column monthly_rate: {amount}",
        f"line 3, column setup_fee: {amount}",
        f"line 4, column speed_mbps: 100000 {allowed('50, 100, 200, 500, 1000, 2000, 5000, 10000')}",
        "line 4, column monthly_rate: EUR doesn't have that many decimal places. (INVALID_VALUE)",
        "line 4, column setup_fee: Must be 20,000,000 or less. (INVALID_VALUE)",
        f"line 5, column kind: port {allowed('PORT, CONNECTION')}",
        "line 5, column location: No location has this name. Import it first with `crossgate locations import`. (NOT_FOUND)",
        f"line 5, column speed_mbps: 1e3 {allowed('50, 100, 200, 500, 1000, 2000, 5000, 10000, 100000, 400000')}",
        "line 5, column currency: DEM " + allowed("AUD, CAD, CHF, DKK, EUR, GBP, HKD, JPY, NOK, NZD, PLN, SEK, SGD, USD"),
        f"line 5, column setup_fee: {amount}",
        "line 6, column currency: The location is in the market JP, where prices are in JPY. (INVALID_VALUE)",
        f"line 6, column monthly_rate: {amount}",
        f"line 6, column setup_fee: {amount}",
        "line 7, column monthly_rate: JPY doesn't have that many decimal places. (INVALID_VALUE)",
        f"line 7, column setup_fee: {amount}",
        *(f"line 8, column {name}: Can't be blank. (REQUIRED)" for name in PRICE),
        "line 9: Line 2 has the same kind, location, speed_mbps and term_months. (TAKEN)",
    ] == done.stderr.splitlines()
    assert (1, "") == (done.returncode, done.stdout)
    assert [] == (await stored_rows(engine))["price"]


async def test_ordered_port_keeps_its_price(engine: AsyncEngine, import_: Import, frankfurt: Location) -> None:
    """The price list is for new orders."""
    port = await Factory(engine).port(await Factory(engine).company(), frankfurt, monthly_rate=123)
    import_(text_of(PRICE))

    async with engine.connect() as connection:
        assert 123 == await connection.scalar(sa.text("SELECT monthly_rate FROM port WHERE id = :id"), {"id": port.key})


@pytest.mark.usefixtures("frankfurt")
async def test_killed_import_leaves_nothing(engine: AsyncEngine, tmp_path: Path, database_url: str) -> None:
    """The process is killed while it stores the second batch. The next import stores all prices."""
    async with engine.connect() as connection:
        for statement in (WAITING, WAITS):
            await connection.execute(sa.text(statement))
    rows = [{**PRICE, "location": name} for name in await _locations(engine)]
    keys = [
        {"kind": str(kind), "speed_mbps": str(speed), "term_months": str(term)}
        for kind, speeds in ((PriceKind.PORT, SPEEDS_MBPS), (PriceKind.CONNECTION, RATE_LIMITS_MBPS))
        for speed in speeds
        for term in TERMS_MONTHS
    ]
    many = [{**row, **key} for row in rows for key in keys]
    assert len(many) > BATCH
    path = write(tmp_path, text_of(*many[:-1], {**many[-1], "monthly_rate": "777"}))
    with _started("prices", "import", path, data_dir=tmp_path, url=database_url) as process:
        backend = await _sleeping(engine)
        process.kill()
    async with engine.connect() as connection:
        await connection.execute(sa.text(f"SELECT pg_terminate_backend({backend}, 60000)"))
        await connection.execute(sa.text("DROP TRIGGER wait ON price"))
    assert [] == (await stored_rows(engine))["price"]
    assert [] == await recorded_changes(engine)

    done = crossgate("prices", "import", path, data_dir=tmp_path, database_url=database_url)
    assert f"Prices created: {len(many):,}; updated: 0; unchanged: 0.\n" == done.stdout


def test_database_without_tables_is_reported(data_dir: Path) -> None:
    """The message names the command that creates the tables."""
    done = crossgate("prices", "import", write(data_dir, text_of(PRICE)), data_dir=data_dir)

    assert (1, "") == (done.returncode, done.stdout)
    assert "crossgate: The database has no tables yet. Run `crossgate serve` or `crossgate database upgrade`.\n" == done.stderr


def test_help_lists_the_columns() -> None:
    """Help exits with 0."""
    done = CliRunner().invoke(app, ["prices", "import", "--help"], env={"PRICE_COLUMNS": "200"})

    assert 0 == done.exit_code
    assert [] == [name for name in (*PRICE_COLUMNS, "--dry-run", "FILE.csv") if name not in done.output]


@contextmanager
def _started(*arguments: str, data_dir: Path, url: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command in a process of its own, and wait for its end after the block."""
    with subprocess.Popen([*COMMAND, *arguments], cwd=ROOT, env=environment(data_dir, url)) as process:
        try:
            yield process
        finally:
            process.kill()


async def _sleeping(engine: AsyncEngine) -> int:
    """Wait until a backend sleeps in the trigger, and return its number."""
    async with asyncio.timeout(PATIENCE), engine.connect() as connection:
        while (backend := await connection.scalar(sa.text(SLEEPS))) is None:  # noqa: ASYNC110 (PostgreSQL reports no sleep)
            await asyncio.sleep(0.1)
    return int(backend)


async def _locations(engine: AsyncEngine) -> list[str]:
    """Add locations, so that there are more combinations than a batch has, and return the names of all."""
    factory = Factory(engine)
    return [NAME, *[(await factory.location()).name for _ in range(BATCH // 72)]]


async def _rates(engine: AsyncEngine, column: str) -> set[tuple[object, int]]:
    """A column and the monthly rate of all prices."""
    async with engine.connect() as connection:
        query = sa.select(Price.__table__.c[column], Price.monthly_rate)
        return {tuple(row) for row in await connection.execute(query)}
