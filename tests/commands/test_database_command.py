"""`crossgate database` migrates the database and prints its URL."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from typer.testing import CliRunner

from commands.__main__ import app
from tests.commands.process import crossgate, run_subprocess


async def test_schema_can_be_downgraded_and_upgraded(database_url: str, tmp_path: Path) -> None:
    """`downgrade base` drops the tables, and `upgrade` creates them again."""
    results = []
    for arguments in (("downgrade", "base"), ("upgrade",)):
        done = run_subprocess("database", *arguments, data_dir=tmp_path, database_url=database_url)
        results.append((done.returncode, done.stdout, done.stderr, await _has_ports(database_url)))

    assert [(0, "", "", False), (0, "", "", True)] == results


def test_unknown_revision_is_refused(database_url: str, tmp_path: Path) -> None:
    """The message names the revision."""
    done = crossgate("database", "downgrade", "nowhere", data_dir=tmp_path, database_url=database_url)

    assert (1, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith(
        "crossgate: Can't downgrade to nowhere: it isn't an earlier revision. Use the number of a file"
    )


def test_url_works_with_psql(monkeypatch: pytest.MonkeyPatch) -> None:
    """The URL is printed without the driver, otherwise as set."""
    monkeypatch.setenv("DATABASE_URL", "postgresql+asyncpg://somebody:secret@db.example/sample")

    done = CliRunner().invoke(app, ["database", "url"])

    assert (0, "postgresql://somebody:secret@db.example/sample\n", "") == (done.exit_code, done.stdout, done.stderr)


def test_invalid_url_is_refused_with_its_variable(tmp_path: Path) -> None:
    """The message names the variable and the problem."""
    done = crossgate("database", "url", data_dir=tmp_path, database_url="mysql://somebody@db.example/sample")

    assert (1, "", "crossgate: DATABASE_URL: must begin with postgresql://, not mysql://\n") == (
        done.returncode,
        done.stdout,
        done.stderr,
    )


def test_invalid_libpq_variable_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An invalid libpq variable is reported without a traceback, even if the URL is valid."""
    monkeypatch.setenv("PGSERVICE", "nowhere")
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    url = "postgresql://somebody@db.example/sample"

    embedded = crossgate("database", "url", data_dir=tmp_path)
    named = crossgate("database", "url", data_dir=tmp_path, database_url=url)

    problem = f"names the service nowhere, but {tmp_path}/services can't be read as a service file\n"
    assert (1, f"crossgate: DATABASE_URL: {problem}") == (named.returncode, named.stderr)
    assert (1, f"crossgate: The database URL is invalid: {problem}") == (embedded.returncode, embedded.stderr)


async def _has_ports(url: str) -> bool:
    engine = create_async_engine(url, poolclass=sa.NullPool)
    async with engine.connect() as connection:
        return bool(await connection.scalar(sa.text("SELECT to_regclass('port') IS NOT NULL")))
