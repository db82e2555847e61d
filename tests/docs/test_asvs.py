"""docs/asvs.md has each requirement of ASVS 5.0.0 about identity, and what it says is met has its tests.

`NOT_MET` may only shrink: remove a number as soon as the page says that it's met.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from typing import Final, NamedTuple

from tests.docs.pages import ROOT

PAGE: Final = ROOT / "docs" / "asvs.md"
LEVELS: Final = {  # of each section's requirements, in order
    "V6.1": "122",
    "V6.2": "111111112222",
    "V6.3": "11223333",
    "V6.4": "112233",
    "V6.5": "22222333",
    "V6.6": "2223",
    "V6.7": "33",
    "V6.8": "2222",
    "V7.1": "222",
    "V7.2": "1111",
    "V7.3": "22",
    "V7.4": "11222",
    "V7.5": "223",
    "V7.6": "22",
    "V9.1": "111",
    "V9.2": "1222",
    "V10.1": "22",
    "V10.2": "223",
    "V10.3": "22223",
    "V10.4": "1111122222233333",
    "V10.5": "22222",
    "V10.6": "22",
    "V10.7": "222",
}
STATUSES: Final = ("met", "doesn't apply", "not met")
NOT_MET: Final = {
    "V6.1.2",
    "V6.1.3",
    "V6.2.4",
    "V6.2.8",
    "V6.2.11",
    "V6.2.12",
    "V6.3.3",
    "V6.3.4",
    "V7.1.1",
    "V7.3.2",
    "V7.5.2",
    "V10.4.5",
    "V10.4.8",
}
ROW: Final = re.compile(r"^\| (V[\d.]+) \| (\d) \| (.+?) \| (.+?) \| (.+) \|$", re.MULTILINE)
TEST: Final = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


class Row(NamedTuple):
    """A requirement: its number and level, what it asks for, whether it's met, and the tests, the reason or what is missing."""

    number: str
    level: str
    requirement: str
    status: str
    proof: str


ROWS: Final = [Row(*found) for found in ROW.findall(PAGE.read_text("utf-8"))]


@cache
def names_in(path: str) -> frozenset[str]:
    """Return the names of the tests in a file of the project."""
    file = ROOT / path
    module = ast.parse(file.read_text("utf-8") if file.exists() else "")
    functions = [node.name for node in module.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return frozenset(name for name in functions if name.startswith("test_"))


def test_every_requirement_of_levels_1_and_2_is_listed_once() -> None:
    """In the standard's order, with its level. Requirements of level 3 aren't listed."""
    expected = [
        (f"{section}.{number}", level)
        for section, levels in LEVELS.items()
        for number, level in enumerate(levels, 1)
        if level in "12"
    ]

    assert expected == [(row.number, row.level) for row in ROWS]


def test_every_row_of_the_page_is_read() -> None:
    """No row escapes these tests because of its form, and each has one of three statuses."""
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if re.match(r"\| *V?\d", line)]

    assert len(lines) == len(ROWS)
    assert set(STATUSES) == {row.status for row in ROWS}


def test_what_is_met_names_tests_that_exist() -> None:
    """Its last column has only tests."""
    without = [row.number for row in ROWS if row.status == "met" and TEST.sub("", row.proof).strip(" ,")]
    untested = [row.number for row in ROWS if row.status == "met" and not TEST.search(row.proof)]
    unknown = [f"{path}::{test}" for row in ROWS for path, test in TEST.findall(row.proof) if test not in names_in(path)]

    assert ([], [], []) == (without, untested, unknown)


def test_what_is_not_met_may_only_shrink() -> None:
    """The page and `NOT_MET` name the same requirements."""
    not_met = {row.number for row in ROWS if row.status == "not met"}

    assert not_met <= NOT_MET, "Meet the requirement, or say why it doesn't apply."
    assert not_met >= NOT_MET, "Remove what is met now from NOT_MET."


def test_summary_counts_the_requirements() -> None:
    """The numbers at the top of the page are those of its tables."""
    counts = Counter(row.status for row in ROWS)
    met, other, not_met = (counts[status] for status in STATUSES)
    text = " ".join(PAGE.read_text("utf-8").split())

    assert f"{met} are met, {not_met} are not met, and {other} don't apply" in text
