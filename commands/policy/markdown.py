"""The policy matrix as Markdown: a line per field, so that a review shows which fields a policy change affects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from commands.policy.wording import INTRODUCTION, Notes, worded
from policies.analysis.matrix import Sheet, Table
from policies.analysis.viewer_classes import label


def markdown(tables: Iterable[Table]) -> str:
    """Return the whole page."""
    blocks = [
        "# Policy matrix",
        INTRODUCTION,
        "`crossgate policy matrix --output docs/policy` writes this page, and `make check` checks it.",
    ]
    for table in tables:
        blocks.append(f"## {table.title}")
        blocks += [block for sheet in table.reading for block in _sheet(sheet)]
        blocks += ["Actions:"] if table.acting else []
        blocks += [block for sheet in table.acting for block in _sheet(sheet)]
    return "\n\n".join(blocks) + "\n"


def _sheet(sheet: Sheet) -> Iterator[str]:
    notes = Notes(lambda text: f"`{text}`")
    lines = [[", ".join(line.names), *(worded(cell, notes.condition) for cell in line.cells)] for line in sheet.lines]
    head = ["", *map(label, sheet.columns)]
    yield "\n".join(map(_row, [head, ["---"] * len(head), *lines]))
    if notes.texts:
        yield "\n".join(f"{number}. {text}" for number, text in enumerate(notes.texts, 1))


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
