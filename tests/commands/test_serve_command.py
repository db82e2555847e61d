"""`crossgate serve` makes a market out of nothing, says how to sign in, and leaves nothing running."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import httpx
import pytest
from typer.testing import CliRunner

from commands.__main__ import app
from commands.demo.membership import DEMO_USERS
from commands.serve import Demo, prepare
from settings import Settings
from tests.commands.process import COMMAND, ROOT, environment, started
from transport.authentication.tokens import Tokens

LISTENING = re.compile(r"running on (http://[\d.:]+)")
WHO = "{ viewer { user { email } } }"


@pytest.fixture
def served(data_dir: Path) -> Iterator[subprocess.Popen[str]]:
    """A gateway in development over an empty data directory."""
    process = subprocess.Popen(
        [*COMMAND, "serve", "--development", "--port", "0"],
        cwd=ROOT,
        env=environment(data_dir),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        yield process
        process.terminate()  # in an orderly way, so that no PostgreSQL is left
        process.communicate()


def test_the_gateway_serves_and_stops_and_leaves_nothing_behind(served: subprocess.Popen[str], data_dir: Path) -> None:
    """It prints a token of each demo user, which the gateway believes; told to stop, it stops PostgreSQL too."""
    assert served.stdout
    assert served.stderr
    address = _address(served.stderr)
    lines = [served.stdout.readline().strip() for _ in range(1 + 2 * len(DEMO_USERS))]
    tokens = dict(zip(lines[1::2], lines[2::2], strict=True))
    known = {email: _who(address, token) for email, token in tokens.items()}
    beside = _who(address, started("token", "--as", DEMO_USERS[0], data_dir=data_dir).stdout.strip())
    served.send_signal(signal.SIGTERM)

    assert lines[0].startswith("150 locations, 200 companies,")
    assert {email: email for email in DEMO_USERS} == known
    assert DEMO_USERS[0] == beside
    assert 0 == served.wait(30)
    assert not (data_dir / "postgres" / "postmaster.pid").exists()


def test_in_development_mails_are_there_to_be_read(served: subprocess.Popen[str], data_dir: Path) -> None:
    """The worker runs beside the gateway: what people are told by mail is done with, and readable on the page of mails."""
    assert served.stderr
    address = _address(served.stderr)
    options = ("--title", "Sample", "--body", "Text.", "--user", DEMO_USERS[0])
    told = started("security", "announce", *options, data_dir=data_dir)
    known: list[tuple[str, str, str]] = []
    for _ in range(100):
        mails = httpx.get(f"{address}/mails.json", trust_env=False).json()
        known = [(mail["to"], mail["subject"], mail["status"]) for mail in mails]
        if known != [(DEMO_USERS[0], "Security: Sample", "WAITING")]:
            break
        time.sleep(0.1)

    assert "Notified 1 people.\n" == told.stdout
    assert [(DEMO_USERS[0], "Security: Sample", "KEPT")] == known


async def test_whoever_starts_the_gateway_is_told_where_it_is(demo_url: str, tmp_path: Path) -> None:
    """In development the address comes with a token of each demo user, otherwise alone; a filled database is left as it is."""
    settings = Settings(database_url=demo_url, data_dir=tmp_path, port=8080)
    developing = settings.model_copy(update={"development": True})
    tokens = Tokens.load(settings.signing_key_file)

    where, *signed_in = (await prepare(developing, Demo.SMALL)).splitlines()

    assert "GraphiQL is at http://localhost:8080/ and GraphQL at http://localhost:8080/graphql." == where
    assert list(DEMO_USERS) == signed_in[::2]
    assert 5 == len({tokens.verify(token.strip()).user_id for token in signed_in[1::2]})
    assert where == await prepare(settings, Demo.SMALL)


def test_sample_data_is_for_development_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside development `--demo` is a wrong use of the command line."""
    monkeypatch.delenv("CROSSGATE_DEVELOPMENT", raising=False)

    done = CliRunner().invoke(app, ["serve", "--demo", "small"])

    assert (2, "") == (done.exit_code, done.stdout)
    assert "--development" in done.stderr


def _address(log: IO[str]) -> str:
    """Where the gateway listens, as its log says."""
    for line in log:
        if found := LISTENING.search(line):
            return found[1]
    raise AssertionError("the gateway did not start")


def _who(address: str, token: str) -> object:
    """Whom the gateway takes the bearer of a token for."""
    headers = {"Authorization": f"Bearer {token}"}
    answer = httpx.post(f"{address}/graphql", json={"query": WHO}, headers=headers, trust_env=False).json()
    return answer["data"]["viewer"]["user"]["email"]
