"""docs/operate/limits.md is true: every bound that can be set is in it with its default, and every code in it is documented."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from settings import Settings

DOCS: Final = Path(__file__).parents[2] / "docs"
ROWS: Final = [line for line in (DOCS / "operate" / "limits.md").read_text("utf-8").splitlines() if line.startswith("| ")]
BOUND: Final = re.compile(r"max_\w+|cost_per_\w+|\w+_timeout|\w+_lifetime|default_page_size|order_approval_days")
CODE: Final = re.compile(r"`([A-Z][A-Z_]+)`")
STATES: Final = {"EXPIRED"}  # of what is stored: no code of an error


def test_every_bound_that_can_be_set_has_a_row() -> None:
    """Each setting that bounds something is named, and its default is what the row says."""
    rows = {name: row for row in ROWS for name in CODE.findall(row.split(" | ")[2])}
    bounds = {name.upper(): f"{field.default:,}" for name, field in Settings.model_fields.items() if BOUND.fullmatch(name)}

    assert set(bounds) == set(rows) - {"TRUSTED_PROXIES"}
    assert [] == [name for name, default in bounds.items() if default not in rows[name]]


def test_every_code_of_a_refusal_is_documented() -> None:
    """Each code in the column of refusals is explained in docs/api/errors.md."""
    documented = set(CODE.findall((DOCS / "api" / "errors.md").read_text("utf-8")))
    codes = {code for row in ROWS for code in CODE.findall(row.split(" | ")[3])}

    assert set() == codes - documented - STATES
