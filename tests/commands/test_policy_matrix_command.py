"""`crossgate policy matrix` writes the policy matrix and checks the committed documents."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

import server
from commands.failure import Failure
from commands.policy import app
from commands.policy.matrix import matrix
from commands.policy.work import matrix as work
from commands.policy.work.matrix import DOCS
from policies.analysis.matrix import matrix as tables_of


@pytest.fixture(scope="module", autouse=True)
def _computed_once() -> Iterator[None]:
    """Compute the matrix once for all tests of the module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "load_policy", cache(server.load_policy))
        patch.setattr(work, "tables_of", cache(tables_of))
        yield


def test_committed_documents_are_current(tmp_path: Path) -> None:
    """The committed files equal the command's output, and the page loads nothing external."""
    done = CliRunner().invoke(app, ["matrix", "--output", str(tmp_path)])
    page = (tmp_path / "policy-matrix.html").read_text("utf-8")

    assert (0, "") == (done.exit_code, done.output)
    written = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
    assert {"policy-matrix.md", "policy-matrix.html", "sensitive-data.md"} == written.keys()
    assert written == {name: (DOCS / name).read_text("utf-8") for name in written}
    assert [] == [word for word in ("http:", "https:", "src=", "@import", "url(") if word in page]


def test_matrix_is_printed_as_markdown_by_default() -> None:
    """Without --output, one format is printed, Markdown by default."""
    done = CliRunner().invoke(app, ["matrix"])

    assert (0, (DOCS / "policy-matrix.md").read_text("utf-8")) == (done.exit_code, done.output)


def test_outdated_documents_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--check names the outdated files and how to update them."""
    monkeypatch.setattr(work, "DOCS", tmp_path)
    for name in ("policy-matrix.md", "sensitive-data.md"):
        (tmp_path / name).write_text((DOCS / name).read_text("utf-8"), "utf-8")

    with pytest.raises(Failure) as failed:
        matrix(check=True)

    hint = "If this is intended, update them: crossgate policy matrix --output docs/policy"
    assert f"Out of date in docs/policy/: policy-matrix.html. {hint}" == str(failed.value)


def test_kinds_are_printed_with_their_exemptions() -> None:
    """`policy kinds` prints the sensitive data page, with each exemption and its reason."""
    done = CliRunner().invoke(app, ["kinds"])

    assert (0, (DOCS / "sensitive-data.md").read_text("utf-8")) == (done.exit_code, done.output)
    assert "| `User.email` | PERSONAL_EMAIL | Users can read their own email address." in done.output
