"""Support details: from the operator for direct companies and partners, from their supporter for managed accounts (V15)."""

from __future__ import annotations

from typing import Final

from commands.demo.words import phone
from commands.demo.world import Row, World, after
from models.company import AccountKind
from models.managed_account import SupportedBy

HOURS: Final = ("24/7", "Mon-Fri 08:00-18:00 UTC", None)


def fill(world: World) -> None:
    """Add every company's support details. Some partners leave out their phone number."""
    chance = world.chance("support details")
    supporters = {row["company_id"]: row["supported_by"] for row in world.rows["managed_account"]}
    partners = {row["id"]: row for row in world.companies(AccountKind.PARTNER)}
    for company in world.companies(AccountKind.PARTNER, AccountKind.MANAGED, AccountKind.DIRECT, verified=False):
        supported_by = supporters.get(company["id"], SupportedBy.OPERATOR)
        by_partner = supported_by == SupportedBy.PARTNER
        supporter: Row = partners[company["partner_id"]] if by_partner else world.cast.operator
        complete = not by_partner or company is world.cast.hidden or chance.random() < 0.7
        world.add(
            "support_details",
            at=after(company, hours=4),
            company_id=company["id"],
            supported_by=supported_by,
            email=f"support@{world.domains[supporter['id']]}",
            phone=phone(chance, supporter["country"]) if complete else None,
            hours=chance.choice(HOURS),
        )
