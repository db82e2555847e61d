"""Resolvers of quotes: the prices of the requested items, and why an item can't be ordered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from described_enum import DescribedEnum
from models.location import LocationStatus
from models.port import SPEEDS_MBPS, TERMS_MONTHS
from models.price import RATE_LIMITS_MBPS, PriceKind
from resolvers.reading.field_sources import ToOne
from resolvers.reading.records import Record
from resolvers.values import identifiers
from resolvers.values.errors import PublicError
from resolvers.values.money import Money, money, totals
from resolvers.values.text import camel

if TYPE_CHECKING:
    from resolvers.context import Context

MAX_ITEMS: Final = 50  # items of a quote
# For each list of the input: the kind of its items, the field of their speed, and the valid speeds.
LISTS: Final = {
    "ports": (PriceKind.PORT, "speed_mbps", SPEEDS_MBPS),
    "connections": (PriceKind.CONNECTION, "rate_limit_mbps", RATE_LIMITS_MBPS),
}


class QuoteProblem(DescribedEnum):
    """Why an item can't be ordered at the moment."""

    LOCATION_NOT_ACTIVE = "LOCATION_NOT_ACTIVE", "The location isn't ACTIVE."
    SPEED_NOT_OFFERED = "SPEED_NOT_OFFERED", "The location doesn't offer this speed."
    MARKET_NOT_ENABLED = "MARKET_NOT_ENABLED", "The paying company hasn't enabled the location's billing market."
    NOT_PRICED = "NOT_PRICED", "There is no price for this speed and term."


class InvalidQuote(PublicError):
    """An item can't be quoted. `argument` is the path in the input, such as `input.ports.0.termMonths`."""

    code = "INVALID_QUOTE"

    def __init__(self, argument: str, problem: str) -> None:
        super().__init__(f"Argument '{argument}' {problem}.", argument=argument)


@dataclass(frozen=True, slots=True)
class Item:
    """A requested port or connection, with its speed or rate limit. `path` is its path in the input."""

    path: str
    kind: PriceKind
    location_id: UUID
    speed_mbps: int
    term_months: int


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """The price of an item, and why it can't be ordered, if it can't."""

    kind: PriceKind
    location_id: UUID
    speed_mbps: int
    term_months: int
    monthly_rate: Money | None
    setup_fee: Money | None
    problem: QuoteProblem | None


@dataclass(frozen=True, slots=True)
class Quote:
    """All requested items, with totals by currency."""

    lines: list[QuoteLine]
    monthly_totals: list[Money | None]
    setup_totals: list[Money | None]


async def quote(roots: Sequence[object], context: Context, **arguments: Any) -> list[Quote]:
    """Quote the requested items (R113). Raises InvalidId or InvalidQuote."""
    items = _read_items(arguments["input"])
    location_ids = [item.location_id for item in items]
    locations = await context.loaders.rows("Location", location_ids)
    lists = await context.loaders.lists("Price", location_ids, by="location_id", order="id")
    prices = [_price(item, listed) for item, listed in zip(items, lists, strict=True)]
    lines = [_line(item, location, price, context) for item, location, price in zip(items, locations, prices, strict=True)]
    available = [price for price in prices if price is not None]
    result = Quote(lines, totals(available, "monthly_rate"), totals(available, "setup_fee"))
    return [result] * len(roots)


def _read_items(quote_input: Mapping[str, Any]) -> list[Item]:
    """Read the requested items in input order, ports first. Raises InvalidId or InvalidQuote."""
    count = sum(len(quote_input.get(name, ())) for name in LISTS)
    if not 1 <= count <= MAX_ITEMS:
        raise InvalidQuote("input", f"must have from 1 to {MAX_ITEMS} items (got {count})")
    return [
        _read_item(f"input.{name}.{index}", values, *LISTS[name])
        for name in LISTS
        for index, values in enumerate(quote_input.get(name, ()))
    ]


def _read_item(path: str, values: Mapping[str, Any], kind: PriceKind, speed: str, speeds: Sequence[int]) -> Item:
    key = identifiers.parse(values["location_id"], f"{path}.locationId", "Location").key
    for name, valid in ((speed, speeds), ("term_months", TERMS_MONTHS)):
        if values[name] not in valid:
            raise InvalidQuote(f"{path}.{camel(name)}", f"must be one of {', '.join(map(str, valid))} (got {values[name]})")
    return Item(path, kind, key, values[speed], values["term_months"])


def _price(item: Item, prices: Sequence[Record]) -> Record | None:
    """Return the price of an item among all prices of its location, or None."""
    wanted = (item.kind, item.speed_mbps, item.term_months)
    return next((price for price in prices if (price.kind, price.speed_mbps, price.term_months) == wanted), None)


def _line(item: Item, location: Record | None, price: Record | None, context: Context) -> QuoteLine:
    if location is None:
        raise InvalidQuote(f"{item.path}.locationId", "isn't a location")
    return QuoteLine(
        kind=item.kind,
        location_id=item.location_id,
        speed_mbps=item.speed_mbps,
        term_months=item.term_months,
        monthly_rate=money(price.monthly_rate, price.currency) if price else None,
        setup_fee=money(price.setup_fee, price.currency) if price else None,
        problem=_problem(item, location, price, context),
    )


def _problem(item: Item, location: Record, price: Record | None, context: Context) -> QuoteProblem | None:
    """Return the first reason why an item can't be ordered, or None (V12)."""
    if location.status != LocationStatus.ACTIVE:
        return QuoteProblem.LOCATION_NOT_ACTIVE
    if item.kind == PriceKind.PORT and item.speed_mbps not in location.speeds_mbps:
        return QuoteProblem.SPEED_NOT_OFFERED
    if location.market not in context.viewer.markets:
        return QuoteProblem.MARKET_NOT_ENABLED
    return QuoteProblem.NOT_PRICED if price is None else None


location: Final = ToOne("Location", "location_id")
