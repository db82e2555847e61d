"""Agreements on accepted offers: ACTIVE, ENDED or CANCELLED (V4, A29)."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from random import Random
from typing import Final
from uuid import UUID

from commands.demo.world import TODAY, Row, World, after
from models.agreement import AgreementStatus
from models.offer import OfferStatus

STATUSES: Final = (*[AgreementStatus.ACTIVE] * 7, *[AgreementStatus.ENDED] * 2, AgreementStatus.CANCELLED)


def fill(world: World) -> None:
    """Let the first buyer, and some others, accept each accepted offer."""
    chance = world.chance("agreement")
    buyers, dimensions = _by_offer(world.rows["offer_buyer"]), _by_offer(world.rows["offer_dimension"])
    accepted = [offer for offer in world.rows["offer"] if offer["status"] == OfferStatus.ACCEPTED]
    for offer in accepted:
        for number, buyer in enumerate(buyers[offer["id"]]):
            if number == 0 or chance.random() < 0.3:
                _agreement(world, chance, offer, buyer["company_id"], _choose(chance, dimensions[offer["id"]]))


def _by_offer(rows: list[Row]) -> dict[UUID, list[Row]]:
    groups = defaultdict(list)
    for row in rows:
        groups[row["offer_id"]].append(row)
    return groups


def _choose(chance: Random, dimensions: list[Row]) -> list[Row]:
    """Choose some dimensions, in the order of the offer (R235)."""
    chosen = chance.sample(dimensions, chance.randint(1, min(2, len(dimensions))))
    return sorted(chosen, key=lambda row: int(row["position"]))


def _agreement(world: World, chance: Random, offer: Row, buyer: UUID, chosen: list[Row]) -> None:
    at, status = after(offer, hours=12), chance.choice(STATUSES)
    ended = at + (TODAY - at) * chance.random()
    ends_on = offer["contract_end_date"]
    if status == AgreementStatus.ENDED:
        ends_on = max(ended.date(), at.date() + timedelta(days=1))
    world.add(
        "agreement",
        at=at,
        company_id=buyer,
        offer_id=offer["id"],
        dimension_ids=[dimension["id"] for dimension in chosen],
        total_value=sum(dimension["price"] for dimension in chosen),
        currency=offer["currency"],
        starts_on=at.date(),
        ends_on=ends_on,
        status=status,
        accepted_by=world.administrator(buyer),
        cancellation_reason="The seller stopped the service." if status == AgreementStatus.CANCELLED else None,
        ended_at=None if status == AgreementStatus.ACTIVE else ended,
        created_at=at,
    )
