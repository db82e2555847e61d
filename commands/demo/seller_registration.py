"""Registrations of sellers: every company with products is one. Nobody can decrypt the numbers, which are random bytes (V31)."""

from __future__ import annotations

from typing import Final

from commands.demo.world import TODAY, World

REFUSED: Final = "GB"  # sellers there are paid to an account in ELSEWHERE (A22)
ELSEWHERE: Final = "IE"
NUMBER_BYTES: Final = 50  # of an encrypted IBAN


def fill(world: World) -> None:
    """Register the sellers, and let the partner of the cast publish automatically."""
    chance = world.chance("seller_registration")
    companies = {company["id"]: company for company in world.rows["company"]}
    for seller in dict.fromkeys(product["company_id"] for product in world.rows["product"]):
        company = companies[seller]
        world.add(
            "seller_registration",
            at=TODAY,
            company_id=seller,
            account_holder=company["legal_name"],
            bank_account_country=ELSEWHERE if company["country"] == REFUSED else company["country"],
            bank_account_last4=f"{chance.randrange(10_000):04}",
            bank_account_number=chance.randbytes(NUMBER_BYTES),
            registered_at=TODAY,
        )
    world.cast.partner["auto_publish_allowed"] = True
