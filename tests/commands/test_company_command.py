"""`crossgate company create`: what it stores, prints and refuses."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from typer.testing import CliRunner

from commands.__main__ import app
from commands.option_errors import InvalidOptions
from commands.work.company import _create
from models import Company
from models.company import AccountKind
from resolvers.values.identifiers import Identifier, parse
from settings import Settings
from tests.commands.process import CompletedCommand, crossgate, run_subprocess
from tests.rules.mutations import recorded_changes, stored_rows

OPTIONS: Final = {"trading-name": "Hollowgate", "legal-name": "Hollowgate Ltd", "country": "GB", "kind": "DIRECT"}
CREATE: Final = ("company", "create")


def options(**values: str | None) -> list[str]:
    """The required options, with some changed. None leaves one out."""
    all_options = OPTIONS | {name.replace("_", "-"): value for name, value in values.items()}
    return [word for name, value in all_options.items() if value is not None for word in (f"--{name}", value)]


def create(tmp_path: Path, url: str, *flags: str, **values: str | None) -> CompletedCommand:
    """Run the command in this process."""
    return crossgate(*CREATE, *options(**values), *flags, data_dir=tmp_path, database_url=url)


async def test_company_is_created_and_recorded(engine: AsyncEngine, database_url: str, tmp_path: Path) -> None:
    """Standard output has only the ID. The names are stored as mutations store them, and the audit log has the command."""
    spaced = options(trading_name="  Hollow   gate ", type="CLOUD", registration_number="HRB 1", tax_number="DE 2")
    done = run_subprocess(*CREATE, *spaced, data_dir=tmp_path, database_url=database_url)

    assert (0, "") == (done.returncode, done.stderr)
    company = await _company(engine, done.stdout)
    assert {
        "trading_name": "Hollow gate",
        "legal_name": "Hollowgate Ltd",
        "country": "GB",
        "account_kind": "DIRECT",
        "company_type": "CLOUD",
        "verification_status": "UNVERIFIED",
        "partner_id": None,
        "registration_number": "HRB 1",
        "tax_number": "DE 2",
    }.items() <= company.items()
    ((action, table, changes),) = await recorded_changes(engine)
    assert ("crossgate company create", "company", [None, "Hollow gate"]) == (action, table, changes["trading_name"])


@pytest.mark.parametrize("kind", ["OPERATOR", "PARTNER", "DIRECT"])
async def test_verified_company_can_be_created_R404_R421(
    engine: AsyncEngine, database_url: str, tmp_path: Path, kind: str
) -> None:
    """The operator has checked the certificate, and chooses the type."""
    certified = {"type": "SERVICE_PROVIDER", "registration_number": "1"}
    done = create(tmp_path, database_url, "--verified", kind=kind, **certified)

    company = await _company(engine, done.stdout)
    assert (kind, "VERIFIED", "SERVICE_PROVIDER") == tuple(
        company[name] for name in ("account_kind", "verification_status", "company_type")
    )


async def test_type_is_enterprise_unless_set_R420(engine: AsyncEngine, database_url: str, tmp_path: Path) -> None:
    """The default is the type to choose in doubt."""
    assert "ENTERPRISE" == (await _company(engine, create(tmp_path, database_url).stdout))["company_type"]


async def test_market_has_one_operator(engine: AsyncEngine, database_url: str, tmp_path: Path) -> None:
    """A second operator is refused with the name and the ID of the first."""
    first = create(tmp_path, database_url, kind="OPERATOR")
    before = await stored_rows(engine)
    second = create(tmp_path, database_url, kind="OPERATOR", trading_name="Other")

    problem = f"The market already has an operator: Hollowgate ({first.stdout.strip()}). It can have only one."
    assert (1, "", f"crossgate: --kind: {problem} (TAKEN)\n") == (second.returncode, second.stdout, second.stderr)
    assert before == await stored_rows(engine)


async def test_concurrent_commands_create_one_operator(engine: AsyncEngine, database_url: str) -> None:
    """The second waits for the first, and is refused."""
    settings = Settings(database_url=database_url)
    values = {name.replace("-", "_"): value for name, value in OPTIONS.items()}
    creating = [_create(settings, AccountKind.OPERATOR, values, verified=False) for _ in range(2)]
    results = await asyncio.gather(*creating, return_exceptions=True)

    assert {Identifier, InvalidOptions} == {type(result) for result in results}
    assert 1 == len((await stored_rows(engine))["company"])


async def test_all_errors_are_reported_at_once(engine: AsyncEngine, database_url: str, tmp_path: Path) -> None:
    """Each line names an option and a code of the API. Nothing is stored."""
    values = {"trading_name": " \u200b", "legal_name": "x" * 201, "country": "UK", "tax_number": "a\x07b"}
    done = create(tmp_path, database_url, "--verified", **values)

    assert (1, "") == (done.returncode, done.stdout)
    assert [
        "crossgate: --trading-name: Can't be blank. (REQUIRED)",
        "--legal-name: Must be 200 characters or fewer (got 201). (TOO_LONG)",
        "--tax-number: Contains a character that isn't allowed here. (INVALID_TEXT)",
        "--country: Enter a two-letter ISO 3166-1 country code, such as DE. (INVALID_VALUE)",
        "--registration-number: Required with --verified: the operator verifies a company by its certificate of registration."
        " (REQUIRED)",
    ] == done.stderr.splitlines()
    assert {"company": []}.items() <= (await stored_rows(engine)).items()


@pytest.mark.parametrize(("country", "is_refused"), [("GB", True), ("IE", False)])
def test_certificate_verifies_one_company_R409_R411(database_url: str, tmp_path: Path, country: str, is_refused: bool) -> None:
    """Two verified companies of a country never have the same number. An unverified one can repeat it."""
    first = create(tmp_path, database_url, "--verified", registration_number="1")
    unverified = create(tmp_path, database_url, registration_number="1")
    again = create(tmp_path, database_url, "--verified", registration_number=" 1", country=country)

    assert (0, 0, int(is_refused)) == (first.returncode, unverified.returncode, again.returncode)
    message = f"Hollowgate ({first.stdout.strip()}) is already verified with this number."
    assert is_refused == (f"--registration-number: {message} (TAKEN)" in again.stderr)


@pytest.mark.parametrize(
    "arguments",
    [
        ["company"],
        [*CREATE],
        [*CREATE, *options(kind=None)],
        [*CREATE, *options(kind="MANAGED")],
        [*CREATE, *options(type="BANK")],
    ],
)
def test_usage_error_is_refused_before_connecting(arguments: list[str]) -> None:
    """A missing option, and a kind that isn't created here, exit with 2."""
    assert 2 == CliRunner().invoke(app, arguments).exit_code


def test_help_explains_every_option() -> None:
    """Help exits with 0 and names what is allowed."""
    done = CliRunner().invoke(app, [*CREATE, "--help"], env={"COLUMNS": "200"})

    assert 0 == done.exit_code
    assert [] == [
        word for word in (*options()[::2], "--type", "--verified", "OPERATOR|PARTNER|DIRECT") if word not in done.output
    ]


def test_database_without_tables_is_reported(data_dir: Path) -> None:
    """The message names the command that creates the tables."""
    done = crossgate(*CREATE, *options(), data_dir=data_dir)

    assert (1, "") == (done.returncode, done.stdout)
    assert "crossgate: The database has no tables yet. Run `crossgate serve` or `crossgate database upgrade`.\n" == done.stderr


async def _company(engine: AsyncEngine, output: str) -> dict[str, Any]:
    """The company whose ID a command printed."""
    key = parse(output.removesuffix("\n"), "id", "Company").key
    async with engine.connect() as connection:
        return dict((await connection.execute(sa.select(Company.__table__).where(Company.id == key))).mappings().one())
