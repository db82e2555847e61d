"""CSV files of locations and prices, as an operator writes them, and the commands that import them."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Final

from tests.commands.process import CompletedCommand, crossgate

LOCATION: Final = {
    "name": "Fernhall FRA1",
    "metro": "Frankfurt",
    "country": "DE",
    "market": "DE",
    "status": "ACTIVE",
    "latitude": "50.11",
    "longitude": "8.68",
    "speeds_mbps": "1000 10000",
}
PRICE: Final = {
    "kind": "PORT",
    "location": "Fernhall FRA1",
    "speed_mbps": "1000",
    "term_months": "12",
    "currency": "EUR",
    "monthly_rate": "300.00",
    "setup_fee": "50",
}


def text_of(*rows: dict[str, str]) -> str:
    """Return rows as CSV, below a header."""
    file = io.StringIO()
    writer = csv.DictWriter(file, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def write(directory: Path, content: str | bytes, name: str = "rows.csv") -> str:
    """Write a file, and return its path."""
    path = directory / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


class Import:
    """Runs `locations import` or `prices import` on a file."""

    def __init__(self, command: str, data_dir: Path, url: str) -> None:
        self._command, self._directory, self._url = command, data_dir, url

    def __call__(self, content: str | bytes, *options: str) -> CompletedCommand:
        """Run it in this process. Errors name the file FILE."""
        path = write(self._directory, content)
        done = crossgate(self._command, "import", path, *options, data_dir=self._directory, database_url=self._url)
        return CompletedCommand(done.returncode, done.stdout, done.stderr.replace(path, "FILE"))
