"""The embedded PostgreSQL starts, is shared, stops with its last user, and reports what is wrong."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from models.embedded import Embedded, EmbeddedFailed

FAST = {"fsync": "off"}


@pytest.fixture
def directory() -> Iterator[Path]:
    """Return a directory that the server's system user can reach, unlike pytest's."""
    parent = Path(tempfile.mkdtemp(prefix="crossgate-test-"))
    yield parent / "postgres"
    shutil.rmtree(parent)


async def test_database_is_created_by_name(directory: Path) -> None:
    """A database is created once and reused, and its URL connects to it."""
    with Embedded(directory, FAST) as postgres:
        first, second = await postgres.database("sample"), await postgres.database("sample")
        name = await _query(first, "SELECT current_database()")

    assert first == second
    assert "sample" == name


async def test_server_trusts_only_its_socket(directory: Path) -> None:
    """The server doesn't listen on a network or allow logins over one, even if an earlier version did."""
    rules = "SELECT string_agg(concat_ws(' ', type, database, user_name, auth_method), ', ') FROM pg_hba_file_rules"
    with Embedded(directory, FAST) as postgres:
        created = await _query(postgres.url("postgres"), rules)
    (directory / "pg_hba.conf").write_text("local all all trust\nhost all all 0.0.0.0/0 trust\n")
    with (directory / "postgresql.auto.conf").open("a") as settings:
        settings.write("listen_addresses = '*'\n")
    with Embedded(directory, FAST) as postgres:
        reopened = await _query(postgres.url("postgres"), rules)
        listens = await _query(postgres.url("postgres"), "SHOW listen_addresses")

    assert ["local {all} {all} trust"] * 2 == [created, reopened]
    assert "" == listens


async def test_last_user_stops_the_server(directory: Path) -> None:
    """The server runs as long as it has users, no matter who started it."""
    first, second = Embedded(directory, FAST), Embedded(directory, FAST)
    first.start()
    second.start()
    first.stop()
    answer = await _query(second.url("postgres"), "SELECT 1")
    second.stop()

    assert 1 == answer
    assert not (directory / "postmaster.pid").exists()


async def test_server_running_without_users_is_left_running(directory: Path) -> None:
    """A user that finds an unused running server doesn't stop it."""
    lost = Embedded(directory, FAST)
    lost.start()
    assert lost._users
    lost._users.close()  # what the kernel does when a process dies
    with Embedded(directory, FAST) as guest:
        url = guest.url("postgres")
    answer = await _query(url, "SELECT 1")
    with Embedded(directory, FAST) as last:
        last._leave_running = False

    assert 1 == answer


@pytest.mark.parametrize("name", ["with space", "with, comma", "l" + "o" * 100 + "ng"])
async def test_any_directory_path_works(directory: Path, name: str) -> None:
    """Spaces, commas and paths longer than a socket path can be all work."""
    with Embedded(directory.parent / name / "postgres", FAST) as postgres:
        answer = await _query(postgres.url("postgres"), "SHOW data_directory")

    assert str(directory.parent / name / "postgres") == answer


def test_unusable_directory_is_named(directory: Path) -> None:
    """The failure names the directory."""
    directory.write_text("a file is in the way")

    with pytest.raises(EmbeddedFailed) as failed:
        Embedded(directory / "postgres").start()

    assert f"The embedded PostgreSQL failed to use its directory: {directory}: file exists" == str(failed.value)


def test_failed_start_reports_the_end_of_the_log(directory: Path) -> None:
    """The failure contains the last lines of the server's log."""
    with pytest.raises(EmbeddedFailed) as failed:
        Embedded(directory, {"no_such_setting": "1"}).start()

    assert 'unrecognized configuration parameter "no_such_setting"' in str(failed.value)


async def _query(url: str, statement: str) -> object:
    """Run a statement at a URL and return its value."""
    engine = create_async_engine(url, poolclass=sa.NullPool)
    async with engine.connect() as connection:
        return await connection.scalar(sa.text(statement))
