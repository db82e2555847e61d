"""`crossgate policy matrix` writes the policy matrix and checks the committed documents. `make check` checks those of the gateway."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from commands.failure import Failure
from commands.policy import app
from commands.policy.markdown import markdown
from commands.policy.matrix import matrix
from commands.policy.work import matrix as work
from commands.policy.work.matrix import DOCS
from policies.analysis.matrix import Table
from policies.analysis.matrix import matrix as tables_of
from tests.policies.samples import written
from tests.policies.test_matrix import RULES


@pytest.fixture(scope="module", autouse=True)
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Table, ...]]:
    """The matrix of a small policy, which the command writes meanwhile: that of the gateway takes half a minute."""
    tables = tables_of(written(tmp_path_factory.mktemp("policy"), RULES))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "tables_of", lambda _policy: tables)
        yield tables


def test_all_pages_are_written(tmp_path: Path, tables: tuple[Table, ...]) -> None:
    """The matrix is written in both formats, with the page on sensitive data. The page loads nothing external."""
    done = CliRunner().invoke(app, ["matrix", "--output", str(tmp_path)])
    page = (tmp_path / "policy-matrix.html").read_text("utf-8")
    pages = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir() if path.suffix == ".md"}

    assert (0, "") == (done.exit_code, done.output)
    assert {
        "policy-matrix.md": markdown(tables),
        "sensitive-data.md": (DOCS / "sensitive-data.md").read_text("utf-8"),
    } == pages
    assert [] == [word for word in ("http:", "https:", "src=", "@import", "url(") if word in page]


def test_matrix_is_printed_as_markdown_by_default(tables: tuple[Table, ...]) -> None:
    """Without --output, one format is printed, Markdown by default."""
    done = CliRunner().invoke(app, ["matrix"])

    assert (0, markdown(tables)) == (done.exit_code, done.output)


def test_outdated_documents_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--check passes with current files, and otherwise names the outdated ones and how to update them."""
    monkeypatch.setattr(work, "DOCS", tmp_path)
    CliRunner().invoke(app, ["matrix", "--output", str(tmp_path)])
    matrix(check=True)
    (tmp_path / "policy-matrix.html").unlink()

    with pytest.raises(Failure) as failed:
        matrix(check=True)

    hint = "If this is intended, update them: crossgate policy matrix --output docs/policy"
    assert f"Out of date in docs/policy/: policy-matrix.html. {hint}" == str(failed.value)


def test_kinds_are_printed_with_their_exemptions() -> None:
    """`policy kinds` prints the sensitive data page, with each exemption and its reason."""
    done = CliRunner().invoke(app, ["kinds"])

    assert (0, (DOCS / "sensitive-data.md").read_text("utf-8")) == (done.exit_code, done.output)
    assert "| `User.email` | PERSONAL_EMAIL | Users can read their own email address." in done.output
