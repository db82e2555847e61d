"""The sample market under construction: its scale, random generators, rows by table, and the companies of the five demo users.

Rows are added in order of their creation time, so a table's keys grow with time. Nothing here reads the clock.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final, TypeAlias
from uuid import UUID

from choices import MemberRole

Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scale:
    """The number of rows of each concept. `companies` includes the operator, partners, managed and direct companies."""

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
TODAY: Final = datetime(2026, 5, 1, 8, tzinfo=UTC)  # the "current" day of the sample market
OPEN_UNTIL: Final = datetime(2029, 1, 1, tzinfo=UTC)  # far enough away that open offers and orders stay open


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
    """All rows so far. Each concept has its own random generator, so a change in one doesn't affect the others."""

    def __init__(self, scale: Scale, seed: int) -> None:
        self.scale = scale
        self.cast = Cast()
        self.domains: dict[UUID, str] = {}  # by company
        self.rows: dict[str, list[Row]] = defaultdict(list)
        self._seed = seed
        self._keys: dict[str, Random] = {}
        self._last: dict[str, int] = {}
        self._administrators: dict[UUID, UUID] = {}

    def chance(self, concept: str) -> Random:
        """Return a random generator that depends only on the seed and the concept."""
        return Random(f"{self._seed} {concept}")  # noqa: S311  # samples, not secrets

    def add(self, table: str, at: datetime | None = None, **values: Any) -> Row:
        """Add a row to a table. With `at` it gets a key of that time, at least a millisecond after the previous row."""
        row = values if at is None else {"id": self._key(table, at), **values}
        self.rows[table].append(row)
        return row

    def companies(self, *kinds: str, verified: bool = True) -> list[Row]:
        """Return the companies of some kinds in order of creation."""
        return [
            row
            for row in self.rows["company"]
            if row["account_kind"] in kinds and (row["verification_status"] == "VERIFIED" or not verified)
        ]

    def administrator(self, company: UUID) -> UUID | None:
        """Return the first account administrator of a company, if it has one."""
        if not self._administrators:
            for row in reversed(self.rows["membership"]):
                if MemberRole.ACCOUNT_ADMIN in row["roles"]:
                    self._administrators[row["company_id"]] = row["user_id"]
        return self._administrators.get(company)

    @property
    def size(self) -> int:
        """The number of rows."""
        return sum(map(len, self.rows.values()))

    def _key(self, table: str, at: datetime) -> UUID:
        chance = self._keys.setdefault(table, self.chance(f"keys of {table}"))
        milliseconds = max(int(at.timestamp() * 1000), self._last.get(table, 0) + 1)
        self._last[table] = milliseconds
        return UUID(int=milliseconds << 80 | 7 << 76 | chance.getrandbits(12) << 64 | 2 << 62 | chance.getrandbits(62))


def moments(chance: Random, start: datetime, end: datetime, count: int) -> list[datetime]:
    """Return `count` increasing times in whole seconds, one at random in each of `count` equal parts of the period."""
    part = (end - start) / max(count, 1)
    return [(start + part * (number + chance.random())).replace(microsecond=0) for number in range(count)]


def deck(chance: Random, parts: dict[Any, int], count: int) -> list[Any]:
    """Return `count` items in random order, in proportion to `parts`. Each kind occurs at least once if there is room."""
    whole, largest = sum(parts.values()), max(parts, key=lambda kind: parts[kind])
    cards = [kind for kind, part in parts.items() if kind != largest for _ in range(max(1, round(count * part / whole)))]
    cards += [largest] * (count - len(cards))
    chance.shuffle(cards)
    return cards[:count]


def after(row: Row, **time: float) -> datetime:
    """Return a time after a row's creation, but not after TODAY."""
    created: datetime = row["created_at"]
    return min(created + timedelta(**time), TODAY)
