"""The options that the imports share, and the columns of their files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, TypeAlias

import typer

LOCATION_COLUMNS: Final = ("name", "metro", "country", "market", "status", "latitude", "longitude", "speeds_mbps")
PRICE_COLUMNS: Final = ("kind", "location", "speed_mbps", "term_months", "currency", "monthly_rate", "setup_fee")

DryRun: TypeAlias = Annotated[
    bool, typer.Option("--dry-run", help="Check the file and count the changes, without storing any.")
]


def file_argument(columns: Sequence[str]) -> Any:
    """Return the argument that names a file with these columns."""
    return typer.Argument(
        exists=True, dir_okay=False, readable=True, metavar="FILE.csv", help=f"The file. Its columns are {', '.join(columns)}."
    )
