"""Billing markets."""

from __future__ import annotations

import strawberry

from schema.building.action_fields import viewer_can_field
from schema.building.fields import column
from schema.building.nodes import Node, of


@strawberry.type(description="A market in which a company is billed, and may order once it is enabled.")
class BillingMarket(Node):
    is_type_of = of("BillingMarket")

    market: str = column("The market's code, UK and not GB.")
    currency: str = column("ISO 4217 code of what is billed there.")
    enabled: bool = column("Whether the company, and the accounts that it manages, may order there.")
    viewer_can: list[str] = viewer_can_field("BillingMarket")
