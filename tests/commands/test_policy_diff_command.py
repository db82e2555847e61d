"""`crossgate policy diff` reports the decisions that a policy change flips, and exits like diff(1)."""

from __future__ import annotations

import re
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
      viewer MANAGED+ACCOUNT_ADMIN+by=PARTNER: company_id = SAME
      Port: company_id = SAME
"""


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A policy that shows managed accounts port prices even if their partner hides them."""
    directory = tmp_path / "policies"
    shutil.copytree(server.POLICIES, directory, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    path = directory / "port.polar"
    text = path.read_text("utf-8")
    path.write_text(text.replace('["monthly_rate", "setup_fee"] and prices_hidden', '["setup_fee"] and prices_hidden'), "utf-8")
    return directory


def with_names(output: str) -> str:
    """Replace the key of the example's one company, which is drawn, with a name."""
    (key,) = set(re.findall(r"0{8}-0{4}-0{4}-0{4}-0{11}\d", output))
    return output.replace(key, "SAME")


def diff(*arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(app, ["diff", *arguments])


def test_equivalent_policies_report_no_change(tmp_path: Path) -> None:
    """A policy that differs in comments only is equivalent."""
    shutil.copytree(server.POLICIES, tmp_path / "same", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    with (tmp_path / "same" / "port.polar").open("a", encoding="utf-8") as file:
        file.write("\n# The end.\n")
    done = diff(str(tmp_path / "same"))

    assert (0, "The policies are equivalent: every viewer gets the same decisions.\n") == (done.exit_code, done.output)


def test_flipped_decisions_are_reported(older: Path) -> None:
    """Flips are listed by type and field, with the viewers and the decision before and after."""
    done = diff(str(older))

    assert (1, FLIPPED) == (done.exit_code, with_names(done.output))


def test_flipped_decisions_are_reported_as_markdown(older: Path) -> None:
    """With --format md, changes are a Markdown table."""
    done = diff("--format", "md", str(older))

    assert 1 == done.exit_code
    assert f"| monthly_rate | {HIDDEN} | always | never (HIDDEN_BY_PARTNER) (as for viewer MANAGED+ACCOUNT_ADMIN" in done.output


def test_git_revision_can_be_compared(older: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit is compared with the checkout."""
    root = older.parent
    for arguments in (
        ["init", "--quiet"],
        ["add", "policies"],
        ["-c", "user.name=A", "-c", "user.email=a@sample.example", "commit", "--quiet", "--message", "Older"],
    ):
        subprocess.run(["git", *arguments], check=True, cwd=root)
    monkeypatch.setattr(server, "HERE", root)
    done = diff("HEAD")

    assert (1, FLIPPED) == (done.exit_code, with_names(done.output))


def test_invalid_policy_exits_with_2(older: Path) -> None:
    """An unknown revision, or a policy that doesn't fit the current catalogue, isn't reported as a difference."""
    (older / "port.polar").write_text('allow(_viewer: Viewer, "read", _ship: Ship);', "utf-8")
    unknown, unfit = diff("no-such-revision"), diff(str(older))

    assert (2, 2) == (unknown.exit_code, unfit.exit_code)
    assert "neither a directory nor a git revision" in _line(unknown)
    reason = "port.polar:1: Ship is neither Viewer nor a type of the catalogue"
    assert f"can't be loaded with the current catalogue: {reason}" in _line(unfit)


def _line(done: Result) -> str:
    """The output without the frame around it."""
    return " ".join(done.output.replace("│", " ").split())
