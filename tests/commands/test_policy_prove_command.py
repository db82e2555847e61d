"""`crossgate policy prove` says what is proven, and shows what is not with a viewer, a row and three verdicts."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

import server
from commands.__main__ import app

BROKEN = "billing_market"
DENIAL = "deny(viewer: Viewer, _action, _market: BillingMarket) if managed(viewer);"


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The gateway's own policy without the rule that keeps billing markets from managed accounts."""
    directory = tmp_path / "policies"
    shutil.copytree(server.POLICIES, directory)
    path = directory / f"{BROKEN}.polar"
    path.write_text(path.read_text().replace(DENIAL, ""))
    monkeypatch.setattr(server, "POLICIES", directory)
    return directory


def test_every_invariant_is_a_line() -> None:
    """All of a file are proven, each with its place, how many shapes and fields it is about, and its sentence."""
    done = CliRunner().invoke(app, ["policy", "prove", "--file", "kinds.polar"])

    *lines, last = done.stdout.splitlines()
    assert (0, "") == (done.exit_code, done.stderr)
    assert [] == [line for line in lines if not re.fullmatch(r"PROVEN  kinds\.polar:\d+ \(\d+ shapes, \d+ fields\): .+", line)]
    assert re.fullmatch(r"7 of 7 proven in \d+ s\.", last)


def test_a_refutation_is_shown_and_confirmed_R107(broken: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The invariant, the viewer, the row and the rule that allows it are named, and three verdicts say so."""
    monkeypatch.setenv("DATABASE_URL", database_url)

    done = CliRunner().invoke(app, ["policy", "prove", "--file", "managed_accounts.polar"])

    shown = done.stdout[done.stdout.index("REFUTED") :].splitlines()[:8]
    key = r"[0-9a-f-]{36}"
    assert 1 == done.exit_code
    assert broken == server.POLICIES
    assert [] == [
        (pattern, line)
        for pattern, line in zip(
            [
                r"REFUTED invariants/managed_accounts\.polar:\d+: A managed account can't read or set anyone's billing market.+ R107",
                r"  read is allowed, for MANAGED\+by=PARTNER",
                rf"  viewer MANAGED\+by=PARTNER: company_id = {key}",
                rf"  BillingMarket: company_id = {key}",
                r"  allowed by billing_market\.polar:4",
                r"  Oso: allowed",
                r"  Python: allowed",
                r"  PostgreSQL: allowed",
            ],
            shown,
            strict=True,
        )
        if not re.fullmatch(pattern, line)
    ]


@pytest.mark.usefixtures("broken")
def test_a_database_that_cannot_be_reached_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other verdicts stand, and it is said that PostgreSQL was not asked."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/nowhere")

    done = CliRunner().invoke(app, ["policy", "prove", "--file", "managed_accounts.polar"])

    assert 1 == done.exit_code
    assert "  Python: allowed\n  PostgreSQL wasn't queried: Can't connect to the database " in done.stdout


def test_a_file_that_is_not_there_cannot_be_decided() -> None:
    """A wrong name is answered with the right ones."""
    done = CliRunner().invoke(app, ["policy", "prove", "--file", "ports.polar"])

    assert (2, "") == (done.exit_code, done.stdout)
    assert "crossgate: can't decide: invariants/ has no file ports.polar; it has contacts.polar, " in done.stderr
