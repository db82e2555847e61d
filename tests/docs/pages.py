"""The documentation's pages and their code blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))
FENCE: Final = re.compile(
    r"^(?: *<!-- not run: (.+?) -->\n)?( *)```(\w+) ?(.*)\n((?s:.*?))^\2```$", re.MULTILINE
)  # the reason not to run it, indent, language, role, code
MARK: Final = re.compile(r"^ *```", re.MULTILINE)
HEADING: Final = re.compile(r"^#+ (.+)$", re.MULTILINE)
DRAWINGS: Final = {"mermaid", "text"}  # pictures, and the output of a command


@dataclass(frozen=True)
class Block:
    """A code block: its language, the word after the language, the text since the previous block, and why it isn't run."""

    language: str
    role: str
    code: str
    before: str
    line: int
    skipped: str | None

    @property
    def is_file(self) -> bool:
        """Whether the block is a whole file, which its role names."""
        return "/" in self.role


def name(page: Path) -> str:
    """A page's path in the project."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> Iterator[Block]:
    """All blocks of a page in order. Raises ValueError for an invalid fence."""
    text = page.read_text("utf-8")
    end = 0
    for found in FENCE.finditer(text):
        skipped, _, language, role, code = found.groups()
        line = text.count("\n", 0, found.start()) + 1
        yield Block(language, role, dedent(code), text[end : found.start()], line, skipped)
        end = found.end()
    if len(MARK.findall(text)) != 2 * len(FENCE.findall(text)):
        raise ValueError(f"{name(page)} has a block without a language, or one that doesn't end")


def prose(page: Path) -> str:
    """A page's text without code blocks, inline code and link targets."""
    return re.sub(r"`[^`\n]*`|\]\([^)]*\)", " ", FENCE.sub("", page.read_text("utf-8")))


def anchors(page: Path) -> set[str]:
    """Return the fragments that links to a page can have, as code hosts make them from headings."""
    titles = HEADING.findall(FENCE.sub("", page.read_text("utf-8")))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def quoted(page: Path) -> set[str]:
    """A page's inline code, and the files that its drawings name."""
    drawn = {file for block in blocks(page) if block.role == "drawing" for file in re.findall(r"[\w/]+\.py", block.code)}
    return drawn | set(re.findall(r"`([^`\n]+)`", FENCE.sub("", page.read_text("utf-8"))))
