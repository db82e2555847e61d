"""`crossgate invoices`: issue a month's invoices. Issued invoices never change, so running it again only adds missing ones."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Final

import typer

from commands.failure import Failure

app = typer.Typer(add_completion=False, no_args_is_help=True)
MONTH: Final = re.compile(r"20\d\d-(0[1-9]|1[0-2])")


@app.callback()
def invoices() -> None:
    """Issue invoices for ports in service and payments of agreements."""


@app.command()
def issue(
    month: Annotated[str, typer.Argument(metavar="YYYY-MM", help="The month to charge.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be issued, without storing anything.")] = False,
) -> None:
    """Issue and print a month's invoices, one per payer and currency. Existing invoices don't change."""
    if not MONTH.fullmatch(month):
        raise typer.BadParameter(f"{month} isn't a valid month. Use YYYY-MM, such as 2026-04.")
    start = date.fromisoformat(f"{month}-01")
    if start > datetime.now(UTC).date():
        raise Failure(f"{month} hasn't started yet.")
    from commands.work.invoices import Period, issue_and_print

    issue_and_print(Period(start), dry_run=dry_run)
