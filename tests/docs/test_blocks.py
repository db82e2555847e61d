"""Every code block in the documentation runs in order, or says why it doesn't."""

from __future__ import annotations

from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any, Final

import pytest
import typer
from typer.core import TyperGroup

from commands.__main__ import app as crossgate
from tests.client import open_client
from tests.docs.pages import DRAWINGS, PAGES, ROOT, blocks, name
from tests.docs.running import Reader, commands

RUN: Final = [
    page
    for page in PAGES
    if any(not block.skipped and block.language != "mermaid" for block in blocks(page))
    # The files of a page are in a copy of the project (test_adding_a_concept.py).
    and all((ROOT / block.role).exists() for block in blocks(page) if block.is_file)
]
EMPTY: Final = {"docs/operate/first-hour.md"}  # pages that start with an empty database
NOT_RUN: Final = {
    "README.md": 1,
    "docs/api/api-keys.md": 1,
    "docs/api/embedding.md": 2,
    "docs/api/exports.md": 4,
    "docs/api/leads.md": 1,
    "docs/api/members.md": 1,
    "docs/api/offers.md": 1,
    "docs/api/persisted-documents.md": 2,
    "docs/api/portal-frame.md": 3,
    "docs/api/portal-kit-tour.md": 9,
    "docs/api/portal-kit.md": 5,
    "docs/api/schema.md": 1,
    "docs/api/signing-in.md": 5,
    "docs/api/subscriptions.md": 2,
    "docs/api/typescript.md": 5,
    "docs/api/webhooks.md": 4,
    "docs/operate/backup.md": 2,
    "docs/operate/containers.md": 3,
    "docs/operate/high-availability.md": 2,
    "docs/operate/mail.md": 1,
    "docs/operate/metrics.md": 2,
    "docs/operate/postgresql.md": 5,
    "docs/operate/processes.md": 1,
    "docs/operate/replicas.md": 1,
    "docs/operate/traces.md": 1,
    "docs/policy/change.md": 3,
    "docs/policy/proofs.md": 1,
    "docs/policy/replay.md": 1,
    "docs/scale.md": 2,
}


@pytest.mark.parametrize("page", [page for page in RUN if name(page) not in EMPTY], ids=name)
async def test_page_matches_the_product(page: Path, demo_copy_url: str, tmp_path: Path) -> None:
    """Readers get what the page shows, from the first block to the last, on one database with the sample market."""
    await read_page(page, demo_copy_url, tmp_path)


@pytest.mark.parametrize("page", [page for page in RUN if name(page) in EMPTY], ids=name)
async def test_page_for_an_empty_database_matches_the_product_R401_R403_R409_R422_R427_R429_R431(
    page: Path, database_url: str, tmp_path: Path
) -> None:
    """Readers who start without any rows get what the page shows too."""
    await read_page(page, database_url, tmp_path)


async def read_page(page: Path, url: str, data_dir: Path) -> None:
    """Run the blocks of a page in order. Raises AssertionError if one doesn't do what the page shows."""
    environment = {"DATABASE_URL": url, "CROSSGATE_DATA_DIR": str(data_dir)}
    async with open_client(url, data_dir) as client, AsyncExitStack() as stack:
        reader = Reader(client, environment, stack)
        for block in blocks(page):
            if block.skipped or block.language == "mermaid" or block.role == "drawing" or block.is_file:
                continue
            try:
                await reader.run(block)
            except Exception as error:
                error.add_note(f"{name(page)}:{block.line}")
                raise
        reader.finish()


def test_skipped_blocks_are_counted() -> None:
    """A block is skipped only with a reason, and the number of skipped blocks is fixed here."""
    skipped = {name(page): sum(block.skipped is not None for block in blocks(page)) for page in PAGES}

    assert NOT_RUN == {page: count for page, count in skipped.items() if count}


def test_drawings_are_text_blocks() -> None:
    """A block that is marked as a drawing is text."""
    assert [] == [
        name(page) for page in PAGES for block in blocks(page) if block.role == "drawing" and block.language not in DRAWINGS
    ]


def test_every_command_line_is_valid() -> None:
    """Each `./crossgate` line, even in skipped blocks, uses existing commands and options, with all required ones."""
    lines = [
        words[1:]
        for page in PAGES
        for block in blocks(page)
        if block.language == "sh"
        for words in commands(block.code)
        if words[0] == "./crossgate"
    ]
    for line in lines:
        with suppress(FileNotFoundError):  # pages name files that only readers have
            parse_command_line(typer.main.get_command(crossgate), line)

    assert lines


def parse_command_line(command: Any, words: list[str]) -> None:
    """Parse a command line without running it. Raises UsageError, or FileNotFoundError for a file."""
    try:
        context = command.make_context(command.name, words[: words.index(">")] if ">" in words else list(words))
    except Exception as error:
        if "does not exist" in str(error):
            raise FileNotFoundError(str(error)) from error
        raise
    if isinstance(command, TyperGroup):
        _, below, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        parse_command_line(below, rest)


@pytest.mark.parametrize("line", [["policy", "explain", "Port", "--like", "MANAGED"], ["policy", "exlpain"], ["token"]])
def test_invalid_command_line_is_found(line: list[str]) -> None:
    """An unknown option, an unknown command or a missing option is found."""
    with pytest.raises(Exception, match=r"No such|Missing parameter"):
        parse_command_line(typer.main.get_command(crossgate), line)
