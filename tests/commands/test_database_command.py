"""`crossgate database` migrates and tells where the database is."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from typer.testing import CliRunner

from commands.__main__ import app
from tests.commands.process import crossgate, started


async def test_the_schema_goes_down_and_up(database_url: str, tmp_path: Path) -> None:
    """`downgrade base` removes the tables, `upgrade` makes them again."""
    seen = []
    for arguments in (("downgrade", "base"), ("upgrade",)):
        done = started("database", *arguments, data_dir=tmp_path, database_url=database_url)
        seen.append((done.returncode, done.stdout, done.stderr, await _has_ports(database_url)))

    assert [(0, "", "", False), (0, "", "", True)] == seen


def test_an_unknown_revision_is_refused(database_url: str, tmp_path: Path) -> None:
    """The message names the revision."""
    done = crossgate("database", "downgrade", "nowhere", data_dir=tmp_path, database_url=database_url)

    assert (1, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith(
        "crossgate: Can't downgrade to nowhere: it isn't an earlier revision. Use the number of a file"
    )


def test_the_url_is_one_that_psql_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver is left out, all else is what was set."""
    monkeypatch.setenv("DATABASE_URL", "postgresql+asyncpg://somebody:secret@db.example/sample")

    done = CliRunner().invoke(app, ["database", "url"])

    assert (0, "postgresql://somebody:secret@db.example/sample\n", "") == (done.exit_code, done.stdout, done.stderr)


def test_a_url_that_cannot_be_used_is_refused_with_its_variable(tmp_path: Path) -> None:
    """The message names the variable and what is wrong with it."""
    done = crossgate("database", "url", data_dir=tmp_path, database_url="mysql://somebody@db.example/sample")

    assert (1, "", "crossgate: DATABASE_URL: must begin with postgresql://, not mysql://\n") == (
        done.returncode,
        done.stdout,
        done.stderr,
    )


def test_a_variable_of_libpq_that_cannot_be_used_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the URL itself is right, and without a traceback."""
    monkeypatch.setenv("PGSERVICE", "nowhere")
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    url = "postgresql://somebody@db.example/sample"

    embedded = crossgate("database", "url", data_dir=tmp_path)
    named = crossgate("database", "url", data_dir=tmp_path, database_url=url)

    said = f"names the service nowhere, but {tmp_path}/services can't be read as a service file\n"
    assert (1, f"crossgate: DATABASE_URL: {said}") == (named.returncode, named.stderr)
    assert (1, f"crossgate: The database URL is invalid: {said}") == (embedded.returncode, embedded.stderr)


async def _has_ports(url: str) -> bool:
    engine = create_async_engine(url, poolclass=sa.NullPool)
    async with engine.connect() as connection:
        return bool(await connection.scalar(sa.text("SELECT to_regclass('port') IS NOT NULL")))
