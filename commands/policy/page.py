"""The policy matrix as one self-contained HTML page: tables with captions, and a filter by type, field or action."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import Final

from commands.policy.wording import INTRODUCTION, NO_ROW, Notes, worded
from policies.analysis.matrix import Line, Sheet, Table
from policies.analysis.viewer_classes import label

HEAD: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Policy matrix</title>
<style>
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 90rem; padding: 0 1rem; }
div { overflow-x: auto; }
table { border-collapse: collapse; margin: 1rem 0 0.5rem; }
caption { font-weight: 600; padding: 0.25rem 0; text-align: left; }
th, td { border: 1px solid #8888; max-width: 24rem; padding: 0.35rem 0.6rem; text-align: left; vertical-align: top; }
tbody th { font-weight: 500; }
.always { background: #2a82; }
.never { background: #c332; }
.if { background: #ca22; }
input { font: inherit; padding: 0.35rem; width: 20rem; }
ol { font-size: 0.9em; margin: 0 0 1rem; }
</style>
</head>
<body>
<main>
<h1>Policy matrix</h1>
"""
FILTER: Final = """<p><label for="filter">Filter by type, field or action</label>
<input id="filter" type="search" autocomplete="off"></p>
"""
TAIL: Final = """</main>
<script>
const input = document.getElementById("filter");
input.addEventListener("input", () => {
  const wanted = input.value.trim().toLowerCase();
  for (const section of document.querySelectorAll("section")) {
    const whole = section.querySelector("h2").textContent.toLowerCase().includes(wanted);
    for (const sheet of section.querySelectorAll(".sheet")) {
      for (const row of sheet.querySelectorAll("tbody tr")) {
        row.hidden = !whole && !row.cells[0].textContent.toLowerCase().includes(wanted);
      }
      sheet.hidden = !sheet.querySelector("tbody tr:not([hidden])");
    }
    section.hidden = !section.querySelector(".sheet:not([hidden])");
  }
});
</script>
</body>
</html>
"""


def page(tables: Iterable[Table]) -> str:
    """Return the whole page."""
    sections = "".join(part for table in tables for part in _section(table))
    return f"{HEAD}<p>{escape(INTRODUCTION)}</p>\n{FILTER}{sections}{TAIL}"


def _section(table: Table) -> Iterator[str]:
    yield f'<section aria-labelledby="{table.title}">\n<h2 id="{table.title}">{table.title}</h2>\n'
    for caption, sheets in (("Read access", table.reading), ("Actions", table.acting)):
        for sheet in sheets:
            yield from _sheet(sheet, f"{table.title}: {caption.lower()}")
    yield "</section>\n"


def _sheet(sheet: Sheet, caption: str) -> Iterator[str]:
    notes = Notes(lambda text: f"<code>{escape(text, quote=False)}</code>")
    heads = "".join(f'<th scope="col">{escape(label(column))}</th>' for column in sheet.columns)
    yield f'<div class="sheet" tabindex="0" role="group" aria-label="{escape(caption)}">\n'
    yield f"<table>\n<caption>{escape(caption)}</caption>\n"
    yield f"<thead><tr><td></td>{heads}</tr></thead>\n<tbody>\n"
    yield from (_line(line, notes) for line in sheet.lines)
    yield "</tbody>\n</table>\n"
    if notes.texts:
        yield f"<ol>{''.join(f'<li>{text}</li>' for text in notes.texts)}</ol>\n"
    yield "</div>\n"


def _line(line: Line, notes: Notes) -> str:
    texts = [worded(cell, notes.condition) for cell in line.cells]
    cells = "".join(f"<td{_class(text)}>{text}</td>" for text in texts)
    return f'<tr><th scope="row">{escape(", ".join(line.names))}</th>{cells}</tr>\n'


def _class(text: str) -> str:
    return "" if text == NO_ROW else f' class="{text.split()[0]}"'
