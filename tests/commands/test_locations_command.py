"""`crossgate locations import`: what it creates, updates and refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import CliRunner

from commands.__main__ import app
from commands.csv_file import MAX_BYTES, MAX_SHOWN
from commands.import_options import LOCATION_COLUMNS
from models import Location
from tests.client import Client
from tests.commands.market_files import LOCATION, Import, text_of
from tests.commands.process import run_subprocess
from tests.factory import Factory
from tests.rules.mutations import recorded_changes, stored_rows

HEADER: Final = ",".join(LOCATION_COLUMNS)
FRANKFURT: Final = text_of(LOCATION).splitlines()[1]


@pytest.fixture
def import_(tmp_path: Path, database_url: str) -> Import:
    """The command, on the test's database."""
    return Import("locations", tmp_path, database_url)


async def test_locations_are_created_updated_and_left(engine: AsyncEngine, import_: Import) -> None:
    """The name identifies a location. A dry run counts the same changes. The audit log has each one, with the command."""
    others = [{**LOCATION, "name": name, "latitude": "-33.5", "longitude": "0"} for name in ("A", "B")]
    created = import_(text_of(LOCATION, *others))
    ids = await _ids(engine)
    changed = text_of({**others[0], "status": "EXPIRED", "speeds_mbps": "400000 1000"}, {**others[1], "name": "C"}, LOCATION)
    dry = import_(changed, "--dry-run")
    before = await stored_rows(engine)
    updated = import_(changed)
    again = import_(changed)

    outputs = [(done.returncode, done.stderr, done.stdout) for done in (created, dry, updated, again)]
    assert [
        (0, "", "Locations created: 3; updated: 0; unchanged: 0.\n"),
        (0, "", "Locations to create: 1; to update: 1; unchanged: 1.\n"),
        (0, "", "Locations created: 1; updated: 1; unchanged: 1.\n"),
        (0, "", "Locations created: 0; updated: 0; unchanged: 3.\n"),
    ] == outputs
    assert 3 == len(before["location"])
    assert ids.items() <= (await _ids(engine)).items()
    changes = await recorded_changes(engine)
    assert 5 == len(changes)
    assert {("crossgate locations import", "location")} == {change[:2] for change in changes}
    assert {"status": ["ACTIVE", "EXPIRED"], "speeds_mbps": [[1_000, 10_000], [1_000, 400_000]]} in [row for *_, row in changes]


async def test_reviewer_reads_in_the_audit_log_what_was_imported_A43(
    engine: AsyncEngine, client: Client, import_: Import
) -> None:
    """An event of the command has no user."""
    operator = await Factory(engine).operator()
    import_(text_of(LOCATION))
    answer = await client(operator.admin, "{ auditEvents { nodes { action type user { id } company { id } } } }")

    nobody = {"user": None, "company": None}
    assert [{"action": "crossgate locations import", "type": "Location", **nobody}] == answer.data["auditEvents"]["nodes"]


async def test_dry_run_changes_nothing(engine: AsyncEngine, import_: Import) -> None:
    """Neither rows nor audit events are stored."""
    done = import_(text_of(LOCATION), "--dry-run")

    assert (0, "Locations to create: 1; to update: 0; unchanged: 0.\n") == (done.returncode, done.stdout)
    assert [] == (await stored_rows(engine))["location"]
    assert [] == await recorded_changes(engine)


@pytest.mark.parametrize(
    "content",
    [
        f"\ufeff{HEADER}\n{FRANKFURT}\n",
        f"{HEADER}\r\n{FRANKFURT}\r\n",
        f"{HEADER}\r{FRANKFURT}",
        f"\n{HEADER}\n\n{FRANKFURT}\n\n",
        f" {HEADER.replace(',', ' , ')}\n{FRANKFURT.replace(',', ' , ')}\n",
        f'"{HEADER.replace(",", chr(34) + "," + chr(34))}"\n"{FRANKFURT.replace(",", chr(34) + "," + chr(34))}"\n',
        "\n".join(",".join(reversed(line.split(","))) for line in (HEADER, FRANKFURT)),
    ],
    ids=["BOM", "CRLF", "CR", "blank lines", "spaces", "quotes", "another order"],
)
async def test_file_can_be_written_in_many_ways(engine: AsyncEngine, import_: Import, content: str) -> None:
    """They all have the same meaning."""
    done = import_(content)

    assert (0, "") == (done.returncode, done.stderr)
    async with engine.connect() as connection:
        (row,) = (await connection.execute(sa.select(Location.__table__))).mappings()
    assert {**LOCATION, "latitude": 50.11, "longitude": 8.68, "speeds_mbps": [1_000, 10_000]}.items() <= row.items()


async def test_value_can_have_commas_quotes_and_letters_of_any_script(engine: AsyncEngine, import_: Import) -> None:
    """They are quoted by RFC 4180. Names are stored in the form of all texts."""
    done = import_(text_of({**LOCATION, "name": 'Zu\u0308rich "Ost",  1', "metro": "東京"}))

    assert (0, "") == (done.returncode, done.stderr)
    assert ['Zürich "Ost", 1'] == list(await _ids(engine))


async def test_all_errors_are_reported_at_once_with_line_and_column(engine: AsyncEngine, import_: Import) -> None:
    """Each has a code of the API. Nothing is imported, not even valid lines."""
    rows = [
        LOCATION,
        {**dict.fromkeys(LOCATION_COLUMNS, ""), "country": "UK"},
        {
            **LOCATION,
            "name": "x" * 201,
            "metro": "a\x1bb",
            "country": "Germany",
            "market": "GB",
            "status": "active",
            "latitude": "90.01",
            "longitude": "1e2",
            "speeds_mbps": "250 1000 1000 1,5",
        },
        {**LOCATION, "name": "Fernhall  FRA1 ", "latitude": "NaN", "longitude": "٣"},
        {**LOCATION, "name": "two\nlines"},
    ]
    done = import_(text_of(*rows) + "short,line\n" + FRANKFURT + ",more\n" + '"open')

    markets = "AT, BE, BG, DE, ES, FI, FR, IE, IT, LU, NL, AU, CA, CH, DK, HK, JP, NO, NZ, PL, SE, SG, UK, US. (INVALID_VALUE)"
    blank, country = "Can't be blank. (REQUIRED)", "Enter a two-letter ISO 3166-1 country code, such as DE. (INVALID_VALUE)"
    speeds = "isn't allowed here. Use one of: 1000, 10000, 100000, 400000. (INVALID_VALUE)"
    quoting = "Quote a value that has a comma. (INVALID_VALUE)"
    assert [
        "crossgate: FILE has 25 problems, so nothing was imported.",
        *(f"line 3, column {name}: {country if name == 'country' else blank}" for name in LOCATION_COLUMNS),
        "line 4, column name: Must be 200 characters or fewer (got 201). (TOO_LONG)",
        "line 4, column metro: Contains a character that isn't allowed here. (INVALID_TEXT)",
        f"line 4, column country: {country}",
        f"line 4, column market: GB isn't allowed here. Use one of: {markets}",
        "line 4, column status: active isn't allowed here. Use one of: ACTIVE, NEW, DEPLOYMENT, RESTRICTED, EXTENDED, EXPIRED."
        " (INVALID_VALUE)",
        "line 4, column latitude: Enter a number from -90 to 90, such as 50.11. (INVALID_VALUE)",
        "line 4, column longitude: Enter a number from -180 to 180, such as 50.11. (INVALID_VALUE)",
        f"line 4, column speeds_mbps: 250 {speeds}",
        f"line 4, column speeds_mbps: 1,5 {speeds}",
        "line 4, column speeds_mbps: 1000 is listed twice. (INVALID_VALUE)",
        "line 5, column latitude: Enter a number from -90 to 90, such as 50.11. (INVALID_VALUE)",
        "line 5, column longitude: Enter a number from -180 to 180, such as 50.11. (INVALID_VALUE)",
        "line 5: Line 2 has the same name. (TAKEN)",
        "line 6, column name: Contains a character that isn't allowed here. (INVALID_TEXT)",
        f"line 8: This line has 2 values for 8 columns. {quoting}",
        f"line 9: This line has 9 values for 8 columns. {quoting}",
        "line 10: This isn't valid CSV: unexpected end of data. (INVALID_VALUE)",
    ] == done.stderr.splitlines()
    assert (1, "") == (done.returncode, done.stdout)
    assert [] == (await stored_rows(engine))["location"]


@pytest.mark.parametrize(
    ("header", "problems"),
    [
        (
            "name,name,metro",
            [*(f"column {name}: This column is missing. (REQUIRED)" for name in LOCATION_COLUMNS[2:]), "column name: Se"],
        ),
        (f"{HEADER},Name", ["column Name: The columns are name, metro,"]),
        (f"{HEADER},", ["column without a name: The columns are"]),
        (HEADER.replace(",", ";"), [*["column"] * 8, f"column {HEADER.replace(',', ';')}: The columns are"]),
    ],
    ids=["missing and repeated", "unknown", "unnamed", "semicolons"],
)
def test_wrong_header_is_reported_first(import_: Import, header: str, problems: list[str]) -> None:
    """Missing, unknown and repeated columns are reported at once, and no values."""
    done = import_(f"{header}\nx\n")
    first, *rest = done.stderr.splitlines()

    assert (1, len(problems)) == (done.returncode, len(rest)), rest
    assert first.startswith("crossgate: FILE has ")
    assert [] == [(got, want) for got, want in zip(rest, problems, strict=True) if not got.startswith(f"line 1, {want}")]
    assert (";" in header) == ("Separate columns with commas." in rest[-1])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", f"FILE is empty. Its first line must name the columns: {HEADER}."),
        (b"\xef\xbb\xbf\r\n\n", f"FILE is empty. Its first line must name the columns: {HEADER}."),
        (f"{HEADER}\nZürich".encode("latin-1"), "FILE isn't UTF-8 text (line 2). Save it as CSV in UTF-8."),
        (HEADER.encode("utf-16"), "FILE isn't UTF-8 text (line 1). Save it as CSV in UTF-8."),
        (b"x" * (MAX_BYTES + 1), "FILE is larger than 10 MiB. Import it in parts."),
    ],
    ids=["empty", "blank", "Latin-1", "UTF-16", "too large"],
)
def test_unreadable_file_is_refused(import_: Import, content: bytes, message: str) -> None:
    """The message says what to do."""
    assert (1, "", f"crossgate: {message}\n") == ((done := import_(content)).returncode, done.stdout, done.stderr)


def test_thousands_of_problems_are_counted(import_: Import) -> None:
    """The first ones are listed."""
    done = import_(text_of(*[{**LOCATION, "country": ""}] * (MAX_SHOWN + 5)))
    lines = done.stderr.splitlines()

    assert "crossgate: FILE has 2,009 problems, so nothing was imported." == lines[0]
    assert ["… and 1,009 more"] == lines[MAX_SHOWN + 1 :]


def test_control_characters_of_a_file_are_not_printed(import_: Import) -> None:
    """They could control the terminal."""
    done = import_(text_of({**LOCATION, "status": "\x1b[2J", "name": "\0", "metro": "\u202eabc"}) + "\x9b,\x1b")

    assert 1 == done.returncode
    assert not set(done.stderr) & {"\x1b", "\0", "\x9b", "\u202e"}


async def test_location_with_prices_keeps_its_currency(engine: AsyncEngine, import_: Import) -> None:
    """It can move to another market only if that has the same currency."""
    await Factory(engine).orderable(await Factory(engine).company(), await Factory(engine).location(LOCATION["name"]))
    refused = import_(text_of({**LOCATION, "market": "UK"}))
    allowed = import_(text_of({**LOCATION, "market": "NL"}))

    message = "The location has prices in EUR, so it can't move to a market with prices in GBP. (LOCKED)"
    assert f"line 2, column market: {message}" == refused.stderr.splitlines()[1]
    assert 0 == allowed.returncode


def test_missing_file_is_a_usage_error(tmp_path: Path) -> None:
    """So is a directory. Both exit with 2 before anything is opened."""
    missing = run_subprocess("locations", "import", "nowhere.csv", data_dir=tmp_path)
    directory = CliRunner().invoke(app, ["locations", "import", str(tmp_path)])

    assert (2, "", 2) == (missing.returncode, missing.stdout, directory.exit_code)
    assert "does not exist" in missing.stderr


def test_help_lists_the_columns() -> None:
    """Help exits with 0."""
    done = CliRunner().invoke(app, ["locations", "import", "--help"], env={"LOCATION_COLUMNS": "200"})

    assert 0 == done.exit_code
    assert [] == [name for name in (*LOCATION_COLUMNS, "--dry-run", "FILE.csv") if name not in done.output]


async def _ids(engine: AsyncEngine) -> dict[str, Any]:
    """The keys of all locations, by name."""
    async with engine.connect() as connection:
        return {row.name: row.id for row in await connection.execute(sa.select(Location.name, Location.id))}
