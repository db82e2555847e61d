"""Pages and docstrings name only files and identifiers that exist, so a rename shows which ones to update."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from settings import Settings, variable
from tests.docs.pages import PAGES, ROOT, name, quoted

FOLDERS: Final = (
    "benchmarks",
    "commands",
    "models",
    "policies",
    "portal/src",
    "resolvers",
    "schema",
    "telemetry",
    "tests",
    "transport",
)
SOURCES: Final = {".py", ".polar", ".graphql", ".sql", ".ts", ".tsx"}
FILE: Final = re.compile(r"[\w./-]*\w\.(?:py|polar|graphql|sql|md|json|toml|lock)|[\w-]+(?:/[\w-]+)*/")
IDENTIFIER: Final = re.compile(r"[A-Za-z_]\w*")
DOTTED: Final = re.compile(r"`([A-Za-z_]\w*(?:\.\w+)+)`")
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


def test_every_dotted_name_in_a_docstring_exists() -> None:
    """A name such as `models.base.Base` in a docstring exists in the code, if it begins with a module or a class of ours.

    It begins with a package or a module of the root, with a module of the same package, or with a class.
    """
    paths = [path for path in sources() if path.suffix == ".py"]
    trees = {path: ast.parse(path.read_text("utf-8")) for path in paths}
    classes = [node for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    wrong = [
        f"{path.relative_to(ROOT)}: {text}"
        for path, tree in trees.items()
        for text in dotted_names(tree)
        if not FILE.fullmatch(text)
        if not exists(text.split("."), (ROOT, path.parent), trees, classes)
    ]

    assert [] == wrong


def dotted_names(tree: ast.Module) -> Iterator[str]:
    """Yield the dotted names in backticks in the docstrings of a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from DOTTED.findall(ast.get_docstring(node) or "")


def exists(
    parts: Sequence[str], folders: Iterable[Path], trees: Mapping[Path, ast.Module], classes: Iterable[ast.ClassDef]
) -> bool:
    """Return True if a dotted name exists, or if it isn't one of ours."""
    named = [node for node in classes if node.name == parts[0]]
    ours = [folder for folder in folders if (folder / parts[0]).is_dir() or folder / f"{parts[0]}.py" in trees]
    if not named and not ours:
        return True
    return any(has(node, parts[1:]) for node in named) or any(leads(folder, parts, trees) for folder in ours)


def leads(folder: Path, parts: Sequence[str], trees: Mapping[Path, ast.Module]) -> bool:
    """Return True if a name leads from a folder to a package, to a module or to something in one."""
    path, rest = folder, [*parts]
    while rest and (path / rest[0]).is_dir():
        path /= rest.pop(0)
    if rest and (module := path / f"{rest[0]}.py") in trees and has(trees[module], rest[1:]):
        return True
    return has(trees.get(path / "__init__.py", ast.Module([], [])), rest)


def has(node: ast.Module | ast.ClassDef, parts: Sequence[str]) -> bool:
    """Return True if a module or class binds a name, and what it binds has the rest of the name."""
    if not parts:
        return True
    inside = [each for each in node.body if isinstance(each, ast.ClassDef) and each.name == parts[0]]
    return any(has(each, parts[1:]) for each in inside) or (len(parts) == 1 and parts[0] in bound(node))


def bound(node: ast.Module | ast.ClassDef) -> set[str]:
    """Return the names that a module or class defines, assigns or imports, and the attributes that a class sets."""
    names: set[str] = set()
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(statement.name)
            continue
        for each in ast.walk(statement):
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                names.add(each.id)
            elif isinstance(each, ast.alias):
                names.add(each.asname or each.name)
    if isinstance(node, ast.ClassDef):
        names |= {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store)}
    return names
