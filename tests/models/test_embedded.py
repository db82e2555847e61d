"""The embedded PostgreSQL starts, is shared, stops with its last user, and says what is wrong."""

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
    """A directory that the server's own system user may reach, which pytest's are not."""
    parent = Path(tempfile.mkdtemp(prefix="crossgate-test-"))
    yield parent / "postgres"
    shutil.rmtree(parent)


async def test_a_server_has_a_database_of_the_name_that_is_asked_for(directory: Path) -> None:
    """A database is made once and found again, and its URL leads to it."""
    with Embedded(directory, FAST) as postgres:
        first, second = await postgres.database("sample"), await postgres.database("sample")
        name = await _ask(first, "SELECT current_database()")

    assert first == second
    assert "sample" == name


async def test_a_server_trusts_its_socket_only(directory: Path) -> None:
    """It listens on no network, and lets nobody in over one, also where an earlier version made it otherwise."""
    rules = "SELECT string_agg(concat_ws(' ', type, database, user_name, auth_method), ', ') FROM pg_hba_file_rules"
    with Embedded(directory, FAST) as postgres:
        made = await _ask(postgres.url("postgres"), rules)
    (directory / "pg_hba.conf").write_text("local all all trust\nhost all all 0.0.0.0/0 trust\n")
    with (directory / "postgresql.auto.conf").open("a") as settings:
        settings.write("listen_addresses = '*'\n")
    with Embedded(directory, FAST) as postgres:
        found = await _ask(postgres.url("postgres"), rules)
        listens = await _ask(postgres.url("postgres"), "SHOW listen_addresses")

    assert ["local {all} {all} trust"] * 2 == [made, found]
    assert "" == listens


async def test_the_last_user_stops_the_server(directory: Path) -> None:
    """While anybody uses the server it runs, whoever started it."""
    first, second = Embedded(directory, FAST), Embedded(directory, FAST)
    first.start()
    second.start()
    first.stop()
    answer = await _ask(second.url("postgres"), "SELECT 1")
    second.stop()

    assert 1 == answer
    assert not (directory / "postmaster.pid").exists()


async def test_a_server_that_was_found_running_without_users_is_left_running(directory: Path) -> None:
    """Whoever finds an unused server leaves it as found."""
    lost = Embedded(directory, FAST)
    lost.start()
    assert lost._users
    lost._users.close()  # as the kernel does when a process dies
    with Embedded(directory, FAST) as guest:
        url = guest.url("postgres")
    answer = await _ask(url, "SELECT 1")
    with Embedded(directory, FAST) as last:
        last._leave_running = False

    assert 1 == answer


@pytest.mark.parametrize("name", ["with space", "with, comma", "l" + "o" * 100 + "ng"])
async def test_any_path_will_do(directory: Path, name: str) -> None:
    """Blanks, commas and paths longer than the path of a socket may be do not matter."""
    with Embedded(directory.parent / name / "postgres", FAST) as postgres:
        answer = await _ask(postgres.url("postgres"), "SHOW data_directory")

    assert str(directory.parent / name / "postgres") == answer


def test_a_directory_that_cannot_be_made_is_named(directory: Path) -> None:
    """The failure says what could not be used."""
    directory.write_text("a file is in the way")

    with pytest.raises(EmbeddedFailed) as failed:
        Embedded(directory / "postgres").start()

    assert f"The embedded PostgreSQL failed to use its directory: [Errno 17] File exists: '{directory}'" == str(failed.value)


def test_a_server_that_cannot_start_tells_its_last_words(directory: Path) -> None:
    """The failure carries the end of the server's log."""
    with pytest.raises(EmbeddedFailed) as failed:
        Embedded(directory, {"no_such_setting": "1"}).start()

    assert 'unrecognized configuration parameter "no_such_setting"' in str(failed.value)


async def _ask(url: str, question: str) -> object:
    """The answer of the database at a URL."""
    engine = create_async_engine(url, poolclass=sa.NullPool)
    async with engine.connect() as connection:
        return await connection.scalar(sa.text(question))
