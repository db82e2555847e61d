"""Generated files: a command prints the text, and with `--check` compares the stored file with it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import typer

from commands.failure import Failure

OUT_OF_DATE: Final = "{} is out of date. If this is intended, update it: {}"


def print_or_check(text: str, file: Path, update: str, *, check: bool) -> None:
    """Print the text of a file. With `check`, raise Failure if the file has another text; `update` is the command that writes it."""
    if not check:
        typer.echo(text, nl=False)
    elif not file.is_file() or file.read_text("utf-8") != text:
        raise Failure(OUT_OF_DATE.format(file.name, update))
