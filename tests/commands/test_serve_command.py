"""`crossgate serve` starts with demo data from nothing, prints how to sign in, and leaves nothing running."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from typer.testing import CliRunner

import server
from commands.__main__ import app
from commands.demo.membership import DEMO_USERS
from commands.demo.scales import SampleMarket
from commands.work.serve import prepare_database
from settings import Settings
from tests import plain_http
from tests.commands.process import COMMAND, ROOT, environment, run_subprocess

LISTENING = re.compile(r"running on (http://[\d.:]+)")
EMAIL = "{ viewer { user { email } } }"


@pytest.fixture
def gateway(data_dir: Path) -> Iterator[subprocess.Popen[str]]:
    """A gateway in development with an empty data directory."""
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
        process.terminate()  # gracefully, so that PostgreSQL stops too
        process.communicate()


def test_gateway_serves_and_stops_and_leaves_nothing_behind(gateway: subprocess.Popen[str], data_dir: Path) -> None:
    """It prints a line for each sample user, and the command prints their tokens. When it stops, it stops PostgreSQL too."""
    assert gateway.stdout
    assert gateway.stderr
    address = _address(gateway.stderr)
    lines = [gateway.stdout.readline().strip() for _ in range(2 + len(DEMO_USERS))]
    command_user = _email_of(
        address, run_subprocess("token", "--development", "--as", DEMO_USERS[0], data_dir=data_dir).stdout.strip()
    )
    gateway.send_signal(signal.SIGTERM)

    assert lines[0].startswith("150 locations, 200 companies,")
    assert set(DEMO_USERS) == {line.split()[0] for line in lines[2:]}
    assert DEMO_USERS[0] == command_user
    assert 0 == gateway.wait(30)
    assert not (data_dir / "postgres" / "postmaster.pid").exists()


def test_development_mails_can_be_read(gateway: subprocess.Popen[str], data_dir: Path) -> None:
    """The worker runs alongside the gateway: emails are captured and listed on the mail page."""
    assert gateway.stderr
    address = _address(gateway.stderr)
    options = ("--title", "Sample", "--body", "Text.", "--user", DEMO_USERS[0])
    announced = run_subprocess("security", "announce", *options, data_dir=data_dir)
    found: list[tuple[str, str, str]] = []
    for _ in range(100):
        mails = plain_http.get(f"{address}/mails.json").json()
        found = [(mail["to"], mail["subject"], mail["status"]) for mail in mails]
        if found != [(DEMO_USERS[0], "Security: Sample", "WAITING")]:
            break
        time.sleep(0.1)

    assert "Notified 1 people.\n" == announced.stdout
    assert [(DEMO_USERS[0], "Security: Sample", "KEPT")] == found


async def test_start_prints_the_addresses_and_sample_users(demo_url: str, tmp_path: Path) -> None:
    """The addresses are printed, in development with the sample users and no token. A filled database is left unchanged."""
    settings = Settings(database_url=demo_url, data_dir=tmp_path, port=8080)
    developing = settings.model_copy(update={"development": True})

    addresses, heading, *users = (await prepare_database(developing, SampleMarket.SMALL)).splitlines()

    assert "GraphiQL is at http://localhost:8080/ and GraphQL at http://localhost:8080/graphql." == addresses
    assert "crossgate token --development --as EMAIL" in heading
    assert {viewer.email: viewer.label for viewer in server.DEMO_VIEWERS} == dict(
        line.strip().split(maxsplit=1) for line in users
    )
    assert addresses == await prepare_database(settings, SampleMarket.SMALL)


def test_used_port_is_an_error_before_anything_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the port and the option, and nothing has been prepared or printed."""
    monkeypatch.setenv("CROSSGATE_DATA_DIR", str(tmp_path / "data"))
    with socket.socket() as used:
        used.bind(("127.0.0.1", 0))
        used.listen()
        port = used.getsockname()[1]
        done = CliRunner().invoke(app, ["serve", "--development", "--port", str(port)])

    assert (1, f"Port {port} of 127.0.0.1 is in use. Choose another one with --port.") == (done.exit_code, str(done.exception))
    assert not (tmp_path / "data").exists()


def test_unknown_host_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the host and the option."""
    monkeypatch.setenv("CROSSGATE_DATA_DIR", str(tmp_path / "data"))
    done = CliRunner().invoke(app, ["serve", "--host", "nowhere.invalid"])

    assert "The host name nowhere.invalid can't be resolved. Choose another one with --host." == str(done.exception)


def test_demo_data_is_for_development_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside development, `--demo` is a usage error."""
    monkeypatch.delenv("CROSSGATE_DEVELOPMENT", raising=False)

    done = CliRunner().invoke(app, ["serve", "--demo", "small"])

    assert (2, "") == (done.exit_code, done.stdout)
    assert "--development" in done.stderr


def _address(log: IO[str]) -> str:
    """The gateway's address, from its log."""
    for line in log:
        if match := LISTENING.search(line):
            return match[1]
    raise AssertionError("the gateway did not start")


def _email_of(address: str, token: str) -> object:
    """The email address of the viewer that the gateway sees for a token."""
    headers = {"Authorization": f"Bearer {token}"}
    answer = plain_http.post(f"{address}/graphql", json={"query": EMAIL}, headers=headers).json()
    return answer["data"]["viewer"]["user"]["email"]
