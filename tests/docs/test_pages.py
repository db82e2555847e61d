"""The documentation is complete: each page is indexed, starts with its answer, and links only to what exists."""

from __future__ import annotations

import re
from typing import Final

import pytest

from commands.__main__ import MODULES
from commands.work.settings import page as settings_page
from settings import Settings, variable
from tests.client import DEMO_VIEWERS
from tests.docs.pages import FENCE, PAGES, ROOT, anchors, name

DOCS: Final = ROOT / "docs"
README: Final = (ROOT / "README.md").read_text("utf-8")
LINES: Final = {"README.md": 150, "CONTRIBUTING.md": 120}
LINK: Final = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)")
ANSWERED: Final = [page for page in DOCS.rglob("*.md") if page.parent != DOCS / "decisions"]


@pytest.mark.parametrize("page", LINES)
def test_first_pages_are_short(page: str) -> None:
    """The first pages that a newcomer reads stay within a length."""
    assert len((ROOT / page).read_text("utf-8").splitlines()) <= LINES[page]


def test_links_have_targets() -> None:
    """Each relative link points to a file of the project, and to an existing heading if it names one."""
    broken = [
        f"{name(page)}: {target}#{anchor}"
        for page in PAGES
        for target, anchor in LINK.findall(FENCE.sub("", page.read_text("utf-8")))
        for file in [(page.parent / target).resolve() if target else page]
        if not file.exists() or (anchor and anchor not in anchors(file))
    ]

    assert [] == broken


def test_index_has_every_page() -> None:
    """Each page of docs/ is linked from its index."""
    index = DOCS / "README.md"
    linked = {(DOCS / target).resolve() for target, _ in LINK.findall(index.read_text("utf-8")) if target}

    assert [] == [name(page) for page in DOCS.rglob("*.md") if page != index and page.resolve() not in linked]


def test_each_page_starts_with_an_answer() -> None:
    """A page is one title and then a paragraph, before any heading, list, table or code."""
    starts = {name(page): page.read_text("utf-8").split("\n", 3) for page in ANSWERED}

    assert [] == [
        page
        for page, (title, blank, first, _) in starts.items()
        if not (title.startswith("# ") and blank == "" and re.match(r"[A-Z`\[*]", first))
    ]
    assert [] == [
        name(page) for page in PAGES if len(re.findall(r"^# ", FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)) != 1
    ]


def test_settings_page_is_up_to_date() -> None:
    """The page equals the output of `crossgate settings`, with every variable."""
    written = (DOCS / "operate" / "settings.md").read_text("utf-8")

    assert settings_page() == written, "crossgate settings > docs/operate/settings.md"
    assert {variable(field) for field in Settings.model_fields} == set(re.findall(r"^\| `([A-Z_]+)` \|", written, re.MULTILINE))
    assert all(field.description for field in Settings.model_fields.values())


def test_subcommands_exist() -> None:
    """Each `crossgate` call, even in running text, uses an existing subcommand."""
    called = {word for page in PAGES for word in re.findall(r"`(?:\./)?crossgate ([a-z]+)", page.read_text("utf-8"))}

    assert called <= set(MODULES)


def test_every_make_target_exists() -> None:
    """Each `make` call uses a target of the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    called = {word for page in PAGES for word in re.findall(r"(?:`|^ *)make ([a-z-]+)", page.read_text("utf-8"), re.MULTILINE)}

    assert {"serve", "test"} <= called <= targets


def test_viewers_in_the_readme_are_the_demo_users() -> None:
    """README's table lists the demo users."""
    named = set(re.findall(r"^\| `([a-z]+@[a-z.]+)` \|", README, re.MULTILINE))

    assert {viewer for viewer in DEMO_VIEWERS if viewer} == named
