"""`crossgate token` prints only a token, or an error."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from commands.demo.membership import DEMO_USERS
from commands.work.token import issue
from models import Membership, User
from tests.commands import process
from tests.commands.process import crossgate, environment, run_subprocess
from transport.authentication.tokens import Tokens


async def test_standard_output_has_only_the_token(demo_engine: AsyncEngine, demo_url: str, tmp_path: Path) -> None:
    """The token has the user and their membership, whatever the case of the email address."""
    done = run_subprocess("token", "--development", "--as", "Network@DIRECT.example", data_dir=tmp_path, database_url=demo_url)
    claims = Tokens.load(tmp_path / "signing-key.pem").verify(done.stdout.removesuffix("\n"))

    assert (0, "") == (done.returncode, done.stderr)
    assert await _member(demo_engine, "network@direct.example") == (claims.user_id, claims.membership_id)


@pytest.mark.parametrize("email", DEMO_USERS)
async def test_each_demo_user_gets_a_token(demo_engine: AsyncEngine, tmp_path: Path, email: str) -> None:
    """A token can be issued for each of the five demo users."""
    tokens = Tokens.load(tmp_path / "signing-key.pem")
    claims = tokens.verify(await issue(demo_engine, tokens, email, 60))

    assert await _member(demo_engine, email) == (claims.user_id, claims.membership_id)


def test_token_has_the_requested_lifetime(demo_url: str, tmp_path: Path) -> None:
    """`--lifetime` is in seconds."""
    done = crossgate(
        "token", "--development", "--as", DEMO_USERS[0], "--lifetime", "100", data_dir=tmp_path, database_url=demo_url
    )
    claims = Tokens.load(tmp_path / "signing-key.pem").verify(done.stdout.strip())

    assert timedelta(0) < claims.expires_at - datetime.now(UTC) <= timedelta(seconds=100)


def test_unknown_email_address_is_refused_with_the_demo_users(demo_url: str, tmp_path: Path) -> None:
    """Standard output is empty, and standard error names the demo users."""
    done = crossgate("token", "--development", "--as", "nobody@else.example", data_dir=tmp_path, database_url=demo_url)

    assert (1, "") == (done.returncode, done.stdout)
    assert (
        "crossgate: No user has the email address nobody@else.example. The demo users are reviewer@operator.example,"
        " admin@partner.example, hidden@managed.example, shown@managed.example, network@direct.example.\n"
    ) == done.stderr


def test_database_without_tables_is_reported(data_dir: Path) -> None:
    """The message says which command creates the tables. The embedded PostgreSQL, started for the command, is stopped afterwards."""
    done = crossgate("token", "--development", "--as", DEMO_USERS[0], data_dir=data_dir)

    assert (1, "") == (done.returncode, done.stdout)
    assert "crossgate: The database has no tables yet. Run `crossgate serve` or `crossgate database upgrade`.\n" == done.stderr
    assert not (data_dir / "postgres" / "postmaster.pid").exists()


def test_unreachable_database_is_named_without_its_password(tmp_path: Path) -> None:
    """The message has the database's URL without the password."""
    url = "postgresql://somebody:secret@127.0.0.1:1/sample?sslmode=disable"

    done = crossgate("token", "--development", "--as", DEMO_USERS[0], data_dir=tmp_path, database_url=url)

    assert (1, "") == (done.returncode, done.stdout)
    where = "crossgate: Can't connect to the database postgresql://somebody@127.0.0.1:1/sample"
    assert done.stderr.startswith(f"{where}: connection refused.")
    assert 1 == len(done.stderr.splitlines())


def test_token_is_refused_outside_development(demo_url: str, tmp_path: Path) -> None:
    """The message says what to do instead. No key is created either."""
    done = crossgate("token", "--as", DEMO_USERS[0], data_dir=tmp_path, database_url=demo_url)

    assert (1, "") == (done.returncode, done.stdout)
    assert (
        "crossgate: No token was printed, because this isn't development mode, and a token lets its holder act as the user."
        " To see what a user sees, send X-Crossgate-View-As with your own token. On a machine for development, add --development.\n"
    ) == done.stderr
    assert [] == list(tmp_path.iterdir())


def test_setting_turns_development_mode_on(demo_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`CROSSGATE_DEVELOPMENT` does the same as `--development`."""
    monkeypatch.setattr(process, "environment", lambda *place: environment(*place) | {"CROSSGATE_DEVELOPMENT": "true"})
    done = crossgate("token", "--as", DEMO_USERS[0], data_dir=tmp_path, database_url=demo_url)

    assert (0, "") == (done.returncode, done.stderr)


async def _member(engine: AsyncEngine, email: str) -> tuple[Any, ...]:
    """The keys of a user and of their membership."""
    query = sa.select(User.id, Membership.id).join(Membership, Membership.user_id == User.id).where(User.email == email)
    async with engine.connect() as connection:
        return tuple((await connection.execute(query)).one())
