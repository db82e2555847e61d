"""docs/operate/limits.md is complete: it has every configurable limit with its default, and every error code is documented."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from settings import Settings

DOCS: Final = Path(__file__).parents[2] / "docs"
ROWS: Final = [line for line in (DOCS / "operate" / "limits.md").read_text("utf-8").splitlines() if line.startswith("| ")]
BOUND: Final = re.compile(r"max_\w+|cost_per_\w+|\w+_timeout|\w+_lifetime|default_page_size|order_approval_days")
CODE: Final = re.compile(r"`([A-Z][A-Z_]+)`")
STATES: Final = {"EXPIRED"}  # statuses of stored rows, not error codes


def test_every_configurable_limit_has_a_row() -> None:
    """Each setting for a limit has a row with its default."""
    rows = {name: row for row in ROWS for name in CODE.findall(row.split(" | ")[2])}
    bounds = {name.upper(): f"{field.default:,}" for name, field in Settings.model_fields.items() if BOUND.fullmatch(name)}

    assert set(bounds) == set(rows) - {"TRUSTED_PROXIES"}
    assert [] == [name for name, default in bounds.items() if default not in rows[name]]


def test_every_error_code_is_documented() -> None:
    """Each code in the refusal column is explained in docs/api/errors.md."""
    documented = set(CODE.findall((DOCS / "api" / "errors.md").read_text("utf-8")))
    codes = {code for row in ROWS for code in CODE.findall(row.split(" | ")[3])}

    assert set() == codes - documented - STATES
