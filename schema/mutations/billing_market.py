"""Billing market mutations."""

from __future__ import annotations

import strawberry
from strawberry import ID

from resolvers.mutations import billing_market
from schema.billing_market import BillingMarket
from schema.building.inputs import optional, required
from schema.building.mutation_fields import Payload, mutation_field


@strawberry.input(description="Input for `setBillingMarket`.")
class SetBillingMarketInput:
    market: str = required("The market's code. The United Kingdom is `UK`, not `GB`.")
    enabled: bool = required("Whether the company and the accounts it manages can order there.")
    company_id: ID | None = optional("The company to set the market for. Defaults to the viewer's company.")


@strawberry.type(description="Result of `setBillingMarket`.")
class SetBillingMarketPayload(Payload):
    billing_market: BillingMarket | None = strawberry.field(default=None, description="The updated billing market.")


@strawberry.type
class BillingMarketMutations:
    set_billing_market: SetBillingMarketPayload = mutation_field(
        billing_market.set_billing_market,
        SetBillingMarketInput,
        "Enables or disables a billing market, where the company and the accounts it manages can order.",
    )
