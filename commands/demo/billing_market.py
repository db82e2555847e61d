"""Billing markets: each paying company has its home market and some others enabled, and some disabled (A19)."""

from __future__ import annotations

from typing import Final

from commands.demo.metro import currencies, metros
from commands.demo.world import Row, World, after
from models.company import AccountKind

MOST_MARKETS: Final = 9
CAST: Final[dict[str, tuple[str, str]]] = {  # enabled, disabled; the partner's disabled ones were enabled before
    "partner": ("UK NL DE FR US AU JP", "IE ES SG"),
    "direct": ("US UK NL JP CA", "CH"),
    "operator": ("UK US DE SG", "HK"),
}


def fill(world: World) -> None:
    """Give every paying company its markets. Managed companies have none: they use their partner's."""
    chance = world.chance("billing market")
    home = {metro.country: metro.market for metro in metros()}
    chosen = {getattr(world.cast, part)["id"]: markets for part, markets in CAST.items()}
    for company in world.companies(AccountKind.OPERATOR, AccountKind.PARTNER, AccountKind.DIRECT, verified=False):
        if company["id"] in chosen:
            enabled, disabled = (words.split() for words in chosen[company["id"]])
        else:
            first = home[company["country"]]
            others = chance.sample(sorted(set(currencies()) - {first}), chance.randint(1, MOST_MARKETS))
            off = chance.randint(0, len(others) // 2)
            enabled, disabled = [first, *others[off:]], others[:off]
        for market in enabled:
            _add(world, company, market, enabled=True)
        for market in disabled:
            _add(world, company, market, enabled=False)


def _add(world: World, company: Row, market: str, *, enabled: bool) -> None:
    world.add(
        "billing_market",
        at=after(company, hours=2),
        company_id=company["id"],
        market=market,
        currency=currencies()[market],
        enabled=enabled,
    )
