"""How the quoting tool gets its data: the prices of what is asked for, and what would keep it from being ordered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

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
# Of each list of the input: what its items are, how their speed is called, and which speeds there are.
LISTS: Final = {
    "ports": (PriceKind.PORT, "speed_mbps", SPEEDS_MBPS),
    "connections": (PriceKind.CONNECTION, "rate_limit_mbps", RATE_LIMITS_MBPS),
}


class QuoteProblem(StrEnum):
    """Why what is asked for cannot be ordered as things stand."""

    LOCATION_NOT_ACTIVE = "LOCATION_NOT_ACTIVE"
    SPEED_NOT_OFFERED = "SPEED_NOT_OFFERED"
    MARKET_NOT_ENABLED = "MARKET_NOT_ENABLED"
    NOT_PRICED = "NOT_PRICED"


class InvalidQuote(PublicError):
    """What is asked for cannot be quoted. Names the place in the input, as `input.ports.0.termMonths`."""

    code = "INVALID_QUOTE"

    def __init__(self, argument: str, problem: str) -> None:
        super().__init__(f"Argument '{argument}' {problem}.", argument=argument)


@dataclass(frozen=True, slots=True)
class Item:
    """What is asked for: a port, or a connection of this rate limit. `place` is where the input asks for it."""

    place: str
    kind: PriceKind
    location_id: UUID
    speed_mbps: int
    term_months: int


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """What an item costs, and what keeps it from being ordered."""

    kind: PriceKind
    location_id: UUID
    speed_mbps: int
    term_months: int
    monthly_rate: Money | None
    setup_fee: Money | None
    problem: QuoteProblem | None


@dataclass(frozen=True, slots=True)
class Quote:
    """All that was asked for, and what it comes to in each currency."""

    lines: list[QuoteLine]
    monthly_totals: list[Money | None]
    setup_totals: list[Money | None]


async def quote(roots: Sequence[object], context: Context, **arguments: Any) -> list[Quote]:
    """The quote of an input (R113). Raises InvalidId or InvalidQuote."""
    items = _items(arguments["input"])
    places = [item.location_id for item in items]
    locations = await context.loaders.rows("Location", places)
    lists = await context.loaders.lists("Price", places, by="location_id", order="id")
    prices = [_price(item, listed) for item, listed in zip(items, lists, strict=True)]
    lines = [_line(*each, context) for each in zip(items, locations, prices, strict=True)]
    known = [price for price in prices if price is not None]
    made = Quote(lines, totals(known, "monthly_rate"), totals(known, "setup_fee"))
    return [made] * len(roots)


def _items(asked: Mapping[str, Any]) -> list[Item]:
    """What an input asks for, in its order, ports first. Raises InvalidId or InvalidQuote."""
    number = sum(len(asked.get(name, ())) for name in LISTS)
    if not 1 <= number <= MAX_ITEMS:
        raise InvalidQuote("input", f"must have from 1 to {MAX_ITEMS} items, not {number}")
    return [_item(f"input.{name}.{at}", each, *LISTS[name]) for name in LISTS for at, each in enumerate(asked.get(name, ()))]


def _item(place: str, asked: Mapping[str, Any], kind: PriceKind, speed: str, speeds: Sequence[int]) -> Item:
    key = identifiers.parse(asked["location_id"], f"{place}.locationId", "Location").key
    for name, known in ((speed, speeds), ("term_months", TERMS_MONTHS)):
        if asked[name] not in known:
            raise InvalidQuote(f"{place}.{camel(name)}", f"must be one of {', '.join(map(str, known))}, not {asked[name]}")
    return Item(place, kind, key, asked[speed], asked["term_months"])


def _price(item: Item, prices: Sequence[Record]) -> Record | None:
    """The price of an item, of all those of its location."""
    wanted = (item.kind, item.speed_mbps, item.term_months)
    return next((each for each in prices if (each.kind, each.speed_mbps, each.term_months) == wanted), None)


def _line(item: Item, location: Record | None, price: Record | None, context: Context) -> QuoteLine:
    if location is None:
        raise InvalidQuote(f"{item.place}.locationId", "is no location")
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
    """The first thing that keeps an item from being ordered, None if nothing is known to (V12)."""
    if location.status != LocationStatus.ACTIVE:
        return QuoteProblem.LOCATION_NOT_ACTIVE
    if item.kind == PriceKind.PORT and item.speed_mbps not in location.speeds_mbps:
        return QuoteProblem.SPEED_NOT_OFFERED
    if location.market not in context.viewer.markets:
        return QuoteProblem.MARKET_NOT_ENABLED
    return QuoteProblem.NOT_PRICED if price is None else None


location: Final = ToOne("Location", "location_id")
