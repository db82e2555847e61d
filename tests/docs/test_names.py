"""The documentation names only files and identifiers that exist, so a rename shows which pages to update."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from settings import Settings, variable
from tests.docs.pages import PAGES, ROOT, name, quoted

FOLDERS: Final = ("benchmarks", "commands", "models", "policies", "portal/src", "resolvers", "schema", "tests", "transport")
SOURCES: Final = {".py", ".polar", ".graphql", ".sql", ".ts", ".tsx"}
FILE: Final = re.compile(r"[\w./-]*\w\.(?:py|polar|graphql|sql|md|json|toml|lock)|[\w-]+(?:/[\w-]+)*/")
IDENTIFIER: Final = re.compile(r"[A-Za-z_]\w*")
INSIDE: Final = ("docs/develop/", "docs/decisions/", "CONTRIBUTING.md")  # pages about the code
OTHERS: Final = {
    "psql",
    "limits",
    "pg_notify",
    "SERIALIZABLE",
    "NOWAIT",
    "UNION",
    "plan_cache_mode",
    "not",
    "forall",
}  # not ours


def sources() -> Iterator[Path]:
    """The text of all code files."""
    yield from ROOT.glob("*.py")
    for folder in FOLDERS:
        yield from (path for path in (ROOT / folder).rglob("*") if path.suffix in SOURCES and "node_modules" not in path.parts)


def test_every_named_file_exists() -> None:
    """Each path or file name in the pages exists in the project. CONCEPT stands for any concept."""
    names = {path.name for path in sources()} | {path.name for path in ROOT.iterdir()}
    wrong = [
        f"{name(page)}: {text}"
        for page in PAGES
        for text in quoted(page)
        if FILE.fullmatch(text) and "CONCEPT" not in text
        if text not in names and not (ROOT / text).exists()
    ]

    assert [] == wrong


def test_every_named_identifier_exists() -> None:
    """Inline code on pages about the code is an identifier in the code."""
    words = {word for path in sources() for word in re.findall(r"\w+", path.read_text("utf-8"))}
    words |= OTHERS | {variable(field) for field in Settings.model_fields}
    wrong = [
        f"{name(page)}: {text}"
        for page in PAGES
        if name(page).startswith(INSIDE)
        for text in quoted(page)
        if IDENTIFIER.fullmatch(text) and text not in words
    ]

    assert [] == wrong
