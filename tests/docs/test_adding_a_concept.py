"""A new concept takes six new files: the page's files are written into a copy of the project, and its queries run there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from models.embedded import Embedded
from tests import databases
from tests.docs.pages import ROOT, blocks

PAGE: Final = ROOT / "docs" / "adding-a-concept.md"
FILES: Final = {block.role: block.code for block in blocks(PAGE) if block.is_file}
MOST: Final = 6
COPIED: Final = (
    "benchmarks",
    "commands",
    "docs",
    "models",
    "policies",
    "portal/dist",
    "resolvers",
    "schema",
    "telemetry",
    "tests",
    "transport",
)
IGNORED: Final = shutil.ignore_patterns("node_modules")


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """A copy of the project with the files of the page. It shares the test server of PostgreSQL."""
    for name in COPIED:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=IGNORED)
    for path in (*ROOT.glob("*.py"), *ROOT.glob("*.md"), ROOT / "pyproject.toml", ROOT / "crossgate"):
        shutil.copy(path, tmp_path / path.name)
    for name, code in FILES.items():
        assert not (tmp_path / name).exists()
        (tmp_path / name).write_text(_after_the_latest_revision(code))
    server = tmp_path / databases.DIRECTORY.relative_to(ROOT)
    server.parent.mkdir(parents=True)
    server.symlink_to(databases.DIRECTORY)
    return tmp_path


def _after_the_latest_revision(code: str) -> str:
    """Return a migration that follows the project's latest one."""
    latest = max(path.name[:4] for path in (ROOT / "models" / "migrations" / "versions").glob("0*.py"))
    return re.sub(r'^down_revision = ".*"', f'down_revision = "{latest}"', code, flags=re.MULTILINE).replace(
        'revision = "0013"', f'revision = "{int(latest) + 1:04}"', 1
    )


def test_a_concept_has_a_price_a_filter_an_order_and_a_step() -> None:
    """The page adds what a concept usually has, in at most six files."""
    model = FILES["models/cross_connect.py"]

    assert MOST >= len(FILES)
    assert all(part in model for part in ("Mapped[Amount]", "filters=", "orders=", "steps_of("))


def test_a_new_concept_works_without_any_other_change(scratch: Path, postgres: Embedded) -> None:
    """The gateway starts, which checks the concept and its policy, and the page's queries have the page's answers."""
    assert postgres
    assert "1 passed" in run(scratch, "-m", "pytest", "-p", "no:cacheprovider", "tests/docs/test_blocks.py", "-k", "adding")


def run(scratch: Path, *arguments: str) -> str:
    """Run Python in the copy and return its output. Raises AssertionError if it fails."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV", "CROSSGATE"))}
    done = subprocess.run([sys.executable, *arguments], cwd=scratch, env=variables, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
