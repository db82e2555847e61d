"""`crossgate lifecycles`: every lifecycle as a diagram and a table of its steps, as the page of the documentation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from commands.generated import print_or_check

PAGE: Final = Path(__file__).parents[1] / "docs" / "lifecycles.md"

app = typer.Typer(add_completion=False)


@app.command()
def lifecycles(
    check: Annotated[bool, typer.Option("--check", help="Print nothing. Fail if docs/lifecycles.md is out of date.")] = False,
) -> None:
    """Print every lifecycle as Markdown: a diagram, and its steps with who takes them."""
    from commands.work.lifecycles import page

    print_or_check(page(), PAGE, "crossgate lifecycles > docs/lifecycles.md", check=check)
