"""`crossgate policy prove` reports proven invariants, and refutes others with a viewer, a row and three verdicts."""

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
    """The policy without the rule that hides billing markets from managed accounts."""
    directory = tmp_path / "policies"
    shutil.copytree(server.POLICIES, directory)
    path = directory / f"{BROKEN}.polar"
    path.write_text(path.read_text().replace(DENIAL, ""))
    monkeypatch.setattr(server, "POLICIES", directory)
    return directory


def test_every_invariant_is_a_line() -> None:
    """Each invariant is printed with its location, its numbers of shapes and fields, and its comment."""
    done = CliRunner().invoke(app, ["policy", "prove", "--file", "kinds.polar"])

    *lines, last = done.stdout.splitlines()
    assert (0, "") == (done.exit_code, done.stderr)
    assert [] == [line for line in lines if not re.fullmatch(r"PROVEN  kinds\.polar:\d+ \(\d+ shapes, \d+ fields\): .+", line)]
    assert re.fullmatch(r"7 of 7 proven in \d+ s\.", last)


def test_refutation_is_shown_and_confirmed_R107(broken: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The invariant, viewer, row and allowing rule are printed, and three verdicts confirm them."""
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
def test_unreachable_database_gives_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other verdicts are printed, and the output says that PostgreSQL wasn't queried."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/nowhere")

    done = CliRunner().invoke(app, ["policy", "prove", "--file", "managed_accounts.polar"])

    assert 1 == done.exit_code
    assert "  Python: allowed\n  PostgreSQL wasn't queried: Can't connect to the database " in done.stdout


def test_unknown_invariant_file_is_refused() -> None:
    """The message lists the existing files."""
    done = CliRunner().invoke(app, ["policy", "prove", "--file", "ports.polar"])

    assert (2, "") == (done.exit_code, done.stdout)
    assert (
        "crossgate: can't decide: invariants/ has no file ports.polar; it has api_keys.polar, contacts.polar, " in done.stderr
    )
