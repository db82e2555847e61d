"""The world that is being made: its scale, its sources of chance, its rows by table, and the five companies of the demo users.

Rows are made in the order of their creation, so that the keys of a table grow with time. Nothing here reads a clock.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final, TypeAlias
from uuid import UUID

Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scale:
    """How much there is of everything. `companies` counts the operator, partners, managed and direct ones together."""

    locations: int
    companies: int
    partners: int
    managed: int
    ports: int
    products: int
    offers: int


SCALES: Final = {
    "small": Scale(locations=150, companies=200, partners=12, managed=60, ports=1_500, products=250, offers=800),
    "large": Scale(locations=300, companies=2_000, partners=60, managed=760, ports=20_000, products=3_000, offers=9_000),
}
FOUNDED: Final = datetime(2022, 1, 3, 8, tzinfo=UTC)
TODAY: Final = datetime(2026, 5, 1, 8, tzinfo=UTC)  # the day on which the market is shown: what is past lies before it
OPEN_UNTIL: Final = datetime(2029, 1, 1, tzinfo=UTC)  # what is still open stays so for long, whatever day the demo is shown on


@dataclass(slots=True)
class Cast:
    """The companies of the five demo users."""

    operator: Row = field(default_factory=dict)
    partner: Row = field(default_factory=dict)
    hidden: Row = field(default_factory=dict)  # managed, prices hidden, supported by its partner
    shown: Row = field(default_factory=dict)  # managed, prices shown, supported by the operator
    direct: Row = field(default_factory=dict)

    def __iter__(self) -> Any:
        return iter((self.operator, self.partner, self.hidden, self.shown, self.direct))


class World:
    """Everything made so far. Each concept draws from a source of chance of its own, so that one does not disturb another."""

    def __init__(self, scale: Scale, seed: int) -> None:
        self.scale = scale
        self.cast = Cast()
        self.domains: dict[UUID, str] = {}  # of companies
        self.rows: dict[str, list[Row]] = defaultdict(list)
        self._seed = seed
        self._keys: dict[str, Random] = {}
        self._last: dict[str, int] = {}

    def chance(self, concept: str) -> Random:
        """A source of chance that depends on the seed and the concept alone."""
        return Random(f"{self._seed} {concept}")  # noqa: S311  # samples, not secrets

    def add(self, table: str, at: datetime | None = None, **values: Any) -> Row:
        """A row of a table. With `at` it gets a key of that time, at least a millisecond after the row before it."""
        row = values if at is None else {"id": self._key(table, at), **values}
        self.rows[table].append(row)
        return row

    def companies(self, *kinds: str, verified: bool = True) -> list[Row]:
        """The companies of some kinds, in the order of their creation."""
        return [
            row
            for row in self.rows["company"]
            if row["account_kind"] in kinds and (row["verification_status"] == "VERIFIED" or not verified)
        ]

    @property
    def size(self) -> int:
        """How many rows there are."""
        return sum(map(len, self.rows.values()))

    def _key(self, table: str, at: datetime) -> UUID:
        chance = self._keys.setdefault(table, self.chance(f"keys of {table}"))
        milliseconds = max(int(at.timestamp() * 1000), self._last.get(table, 0) + 1)
        self._last[table] = milliseconds
        return UUID(int=milliseconds << 80 | 7 << 76 | chance.getrandbits(12) << 64 | 2 << 62 | chance.getrandbits(62))


def moments(chance: Random, start: datetime, end: datetime, count: int) -> list[datetime]:
    """As many growing moments, spread over a time, one somewhere in each equal part of it; whole seconds."""
    part = (end - start) / max(count, 1)
    return [(start + part * (number + chance.random())).replace(microsecond=0) for number in range(count)]


def deck(chance: Random, parts: dict[Any, int], count: int) -> list[Any]:
    """As many cards in a random order, each kind in proportion to its part and, where there is room, at least once."""
    whole, most = sum(parts.values()), max(parts, key=lambda kind: parts[kind])
    cards = [kind for kind, part in parts.items() if kind != most for _ in range(max(1, round(count * part / whole)))]
    cards += [most] * (count - len(cards))
    chance.shuffle(cards)
    return cards[:count]


def after(row: Row, **time: float) -> datetime:
    """The moment some time after a row was made, but not after today."""
    made: datetime = row["created_at"]
    return min(made + timedelta(**time), TODAY)
