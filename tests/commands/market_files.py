"""CSV files of locations and prices, as an operator writes them."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Final

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
