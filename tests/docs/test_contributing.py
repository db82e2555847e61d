"""CONTRIBUTING is complete: each dependency has its reason, and each folder its line."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()


def test_every_dependency_has_a_reason() -> None:
    """Each declared package is in the table of dependencies."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    declared = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    portal = json.loads((ROOT / "portal" / "package.json").read_text())
    names = {re.split(r"[\[<>=~ ]", name)[0] for name in declared} | {*portal["dependencies"]} - {"react-dom", "graphql"}
    table = CONTRIBUTING[CONTRIBUTING.index("## Dependencies") :]
    explained = {name.strip() for row in re.findall(r"^\| ([^|*]+) \|", table, re.MULTILINE) for name in row.split(",")}

    assert set() == {name for name in names if name not in explained}


def test_every_folder_has_a_line() -> None:
    """Each top-level folder of code is in the layout table."""
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and (any(path.glob("*.py")) or path.name == "portal")}

    assert set() == {name for name in folders if f"| `{name}/` |" not in CONTRIBUTING}
