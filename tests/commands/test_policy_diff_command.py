"""`crossgate policy diff` says what a change of policy flips, and ends as diff(1) does."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import server
from commands.policy import app

HIDDEN = "Managed, prices hidden, with ACCOUNT_ADMIN, FINANCE or VIEWER"
FLIPPED = f"""Port
  monthly_rate
    Managed, prices hidden, without ACCOUNT_ADMIN, FINANCE or VIEWER: never (ROLE_REQUIRED) -> never (HIDDEN_BY_PARTNER)
    {HIDDEN}: always -> never (HIDDEN_BY_PARTNER)
      viewer MANAGED+ACCOUNT_ADMIN+by=PARTNER: company_id = 00000000-0000-0000-0000-000000000001
      Port: company_id = 00000000-0000-0000-0000-000000000001
"""


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A policy that shows a managed account what a port costs, whatever its partner says."""
    directory = tmp_path / "policies"
    shutil.copytree(server.POLICIES, directory, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    path = directory / "port.polar"
    text = path.read_text("utf-8")
    path.write_text(text.replace('["monthly_rate", "setup_fee"] and prices_hidden', '["setup_fee"] and prices_hidden'), "utf-8")
    return directory


def diff(*arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(app, ["diff", *arguments])


def test_a_policy_is_equivalent_to_itself(tmp_path: Path) -> None:
    """Other comments are no other policy."""
    shutil.copytree(server.POLICIES, tmp_path / "same", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    with (tmp_path / "same" / "port.polar").open("a", encoding="utf-8") as file:
        file.write("\n# The end.\n")
    done = diff(str(tmp_path / "same"))

    assert (0, "The policies are equivalent: every viewer gets the same decisions.\n") == (done.exit_code, done.output)


def test_flipped_cells_are_told(older: Path) -> None:
    """By type and field, for which viewers, and from what to what."""
    done = diff(str(older))

    assert (1, FLIPPED) == (done.exit_code, done.output)


def test_flipped_cells_are_told_to_a_review(older: Path) -> None:
    """As a table of Markdown."""
    done = diff("--format", "md", str(older))

    assert 1 == done.exit_code
    assert f"| monthly_rate | {HIDDEN} | always | never (HIDDEN_BY_PARTNER) (as for viewer MANAGED+ACCOUNT_ADMIN" in done.output


def test_a_revision_is_read_from_git(older: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is committed is compared with what stands in the checkout."""
    root = older.parent
    for arguments in (
        ["init", "--quiet"],
        ["add", "policies"],
        ["-c", "user.name=A", "-c", "user.email=a@sample.example", "commit", "--quiet", "--message", "Older"],
    ):
        subprocess.run(["git", *arguments], check=True, cwd=root)
    monkeypatch.setattr(server, "HERE", root)
    done = diff("HEAD")

    assert (1, FLIPPED) == (done.exit_code, done.output)


def test_what_is_no_policy_is_trouble(older: Path) -> None:
    """Neither an unknown revision nor a policy that today's catalogue does not fit is taken for a difference."""
    (older / "port.polar").write_text('allow(_viewer: Viewer, "read", _ship: Ship);', "utf-8")
    unknown, unfit = diff("no-such-revision"), diff(str(older))

    assert (2, 2) == (unknown.exit_code, unfit.exit_code)
    assert "neither a directory nor a git revision" in _line(unknown)
    reason = "port.polar:1: Ship is neither Viewer nor a type of the catalogue"
    assert f"can't be loaded with the current catalogue: {reason}" in _line(unfit)


def _line(done: Result) -> str:
    """What is said, without the frame around it."""
    return " ".join(done.output.replace("│", " ").split())
