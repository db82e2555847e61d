"""README is true: its query gives its answer, its table holds all settings, its commands and links are there."""

from __future__ import annotations

import json
import re
from pathlib import Path

from commands.__main__ import MODULES
from settings import Settings, variable
from tests.asking import DEMO_VIEWERS, HIDDEN, Asking

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def block(language: str) -> str:
    """The first block of code in a language."""
    found = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert found is not None
    return found[1]


async def test_the_query_gives_the_answer(ask_demo: Asking) -> None:
    """Whoever types README's query as README says sees README's answer."""
    answer = await ask_demo(HIDDEN, block("graphql"))

    assert json.loads(block("json")) == json.loads(answer.body)


def test_the_table_holds_every_setting() -> None:
    """Each environment variable is in the table of settings, and the table has no other."""
    named = set(re.findall(r"^\| `([A-Z_]+)` \|", README, re.MULTILINE))

    assert {variable(name) for name in Settings.model_fields} == named


def test_the_two_commands_are_targets() -> None:
    """The commands that README names first are in the Makefile."""
    makefile = (ROOT / "Makefile").read_text()

    assert {"serve", "test"} <= set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))


def test_the_subcommands_exist() -> None:
    """Each `crossgate` call of README names a subcommand."""
    assert set(re.findall(r"\./crossgate ([a-z]+)", README)) <= set(MODULES)


def test_the_viewers_are_the_demo_users() -> None:
    """The table of viewers names the five demo users."""
    named = set(re.findall(r"^\| `([a-z]+@[a-z.]+)` \|", README, re.MULTILINE))

    assert {viewer for viewer in DEMO_VIEWERS if viewer} == named


def test_links_lead_somewhere() -> None:
    """Each relative link of README, CONTRIBUTING and the decisions leads to a file of the project."""
    broken = {
        f"{page.name}: {target}"
        for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md"))
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
        if not (page.parent / target).exists()
    }

    assert set() == broken
