"""Managed accounts, with every combination of partner defaults and account overrides (V2)."""

from __future__ import annotations

from typing import Any, Final

from commands.demo.world import World, after
from models.company import AccountKind
from models.managed_account import SETTINGS, SupportedBy

CHOICES: Final = (None, True, False)
COMBINATIONS: Final = len(CHOICES) ** len(SETTINGS)
STRIDE: Final = 100  # coprime to COMBINATIONS, so that even a few accounts differ in many settings
CAST_DEFAULTS: Final = {
    "pricing": None,
    "chat_support": None,
    "dashboard": True,
    "company_profile": False,
    "order_approval": None,
}
HIDDEN: Final = {"pricing": None, "chat_support": None, "dashboard": False, "company_profile": None, "order_approval": True}
SHOWN: Final = {"pricing": True, "chat_support": None, "dashboard": None, "company_profile": True, "order_approval": None}


def fill(world: World) -> None:
    """Give every partner its defaults and every managed company its account."""
    for number, partner in enumerate(world.companies(AccountKind.PARTNER)):
        chosen = CAST_DEFAULTS if partner is world.cast.partner else _combination(number)
        world.add("partner_defaults", partner_id=partner["id"], **chosen)
    special = {
        world.cast.hidden["id"]: (SupportedBy.PARTNER, HIDDEN),
        world.cast.shown["id"]: (SupportedBy.OPERATOR, SHOWN),
    }
    for number, company in enumerate(world.companies(AccountKind.MANAGED, verified=False)):
        usual = (list(SupportedBy)[number % 2], _combination(number))
        supported_by, chosen = special.get(company["id"], usual)
        world.add(
            "managed_account",
            at=after(company, hours=1),
            company_id=company["id"],
            partner_id=company["partner_id"],
            account_name=company["trading_name"],
            account_ref=f"ACC-{number + 1:05d}" if number % 5 else None,
            supported_by=supported_by,
            created_at=after(company, hours=1),
            **chosen,
        )


def _combination(number: int) -> dict[str, Any]:
    """Return one combination of the settings. Consecutive numbers give very different ones."""
    rest = number * STRIDE % COMBINATIONS
    return {name: CHOICES[rest // len(CHOICES) ** place % len(CHOICES)] for place, name in enumerate(SETTINGS)}
