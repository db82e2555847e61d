"""Metros with their markets, currencies and price levels. The exchange rates are invented round numbers."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

METROS: Final = Path(__file__).parents[1] / "data" / "metros.csv"
WORTH_OF_A_DOLLAR: Final = {
    "USD": 1.0,
    "AUD": 1.5,
    "CAD": 1.35,
    "CHF": 0.9,
    "DKK": 7.0,
    "EUR": 0.95,
    "GBP": 0.8,
    "HKD": 7.8,
    "JPY": 150.0,
    "NOK": 10.5,
    "NZD": 1.65,
    "PLN": 4.0,
    "SEK": 10.5,
    "SGD": 1.35,
}
WITHOUT_MINOR_UNIT: Final = {"JPY"}


@dataclass(frozen=True, slots=True)
class Metro:
    """A row of metros.csv. `country` is an ISO 3166 code, `market` the industry's own: UK, not GB."""

    name: str
    code: str
    country: str
    latitude: float
    longitude: float
    market: str
    currency: str


@cache
def metros() -> tuple[Metro, ...]:
    """Return all metros in file order."""
    with METROS.open(encoding="utf-8", newline="") as file:
        return tuple(
            Metro(
                name=line["metro"],
                code=line["code"],
                country=line["country"],
                latitude=float(line["latitude"]),
                longitude=float(line["longitude"]),
                market=line["market"],
                currency=line["currency"],
            )
            for line in csv.DictReader(file)
        )


@cache
def currencies() -> dict[str, str]:
    """Return the currency of each market."""
    return {metro.market: metro.currency for metro in metros()}


def minor_units(dollars: float, currency: str) -> int:
    """Convert dollars to minor units of a currency, rounded like a list price."""
    amount = dollars * WORTH_OF_A_DOLLAR[currency]
    step = 1_000 if amount >= 50_000 else 100 if amount >= 5_000 else 5
    return int(round(amount / step) * step) * (1 if currency in WITHOUT_MINOR_UNIT else 100)
