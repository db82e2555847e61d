"""Lists which rules have a proof: a test in this folder with the rule's id in its name. `make rules` prints the list."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[1]
NUMBER: Final = re.compile(r"R\d{3}|[AXV]\d{1,2}")
LISTED: Final[dict[str, str]] = dict(
    re.findall(r"^- \*\*(\w+)\*\* (\S.*)", (ROOT / "docs" / "policy" / "rules.md").read_text("utf-8"), re.MULTILINE)
)
WIDTH: Final = 96  # characters of a rule that are printed


@dataclass(frozen=True)
class Case:
    """A test function: its file, its name and its arguments."""

    path: Path
    name: str
    arguments: tuple[str, ...]

    @property
    def numbers(self) -> set[str]:
        """The ids of the rules in its name."""
        return {part for part in self.name.split("_") if NUMBER.fullmatch(part)}


def cases(folder: Path) -> Iterator[Case]:
    """Yield all test functions below a folder."""
    for path in sorted(folder.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                yield Case(path, node.name, tuple(argument.arg for argument in node.args.args))


def proofs() -> list[Case]:
    """Return the tests of the rules."""
    return [case for case in cases(HERE) if case.path != HERE / "test_numbers.py"]


def numbered(letter: str, first: int, last: int) -> set[str]:
    """Return the ids with a letter from one number to another, both included."""
    return {f"{letter}{number:03}" if letter == "R" else f"{letter}{number}" for number in range(first, last + 1)}


def main() -> None:
    """Print each rule with its number of proofs, then the rules without any."""
    tests = proofs()
    counts = {number: sum(number in case.numbers for case in tests) for number in LISTED}
    for number, text in LISTED.items():
        sys.stdout.write(f"{counts[number] or '-':>4}  {number:5} {text[:WIDTH]}\n")
    without = [number for number, count in counts.items() if not count]
    sys.stdout.write(
        f"\n{len(LISTED) - len(without)} of {len(LISTED)} rules have tests. Without: {' '.join(without) or 'none'}\n"
    )


if __name__ == "__main__":
    main()
