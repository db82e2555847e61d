"""Billing markets."""

from __future__ import annotations

import strawberry

from schema.building.action_fields import viewer_can_field
from schema.building.fields import column
from schema.building.nodes import Node, of


@strawberry.type(description="A market where a company can be billed. The company can order there once the market is enabled.")
class BillingMarket(Node):
    is_type_of = of("BillingMarket")

    market: str = column("The market's code. The United Kingdom is `UK`, not `GB`.")
    currency: str = column("The billing currency, as an ISO 4217 code.")
    enabled: bool = column("Whether the company and the accounts it manages can order there.")
    viewer_can: list[str] = viewer_can_field("BillingMarket")
