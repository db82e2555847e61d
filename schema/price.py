"""Prices, as the quoting tool tells them."""

from __future__ import annotations

import strawberry
from strawberry import ID

from resolvers import price
from schema.building.fields import resolved
from schema.building.inputs import optional
from schema.enums import PriceKind, QuoteProblem
from schema.location import Location
from schema.values import Money


@strawberry.input(description="A port to be quoted.")
class QuotePortInput:
    location_id: ID = strawberry.field(description="Where it would be.")
    speed_mbps: int = strawberry.field(description="Its speed in Mbps: 1000, 10000, 100000 or 400000.")
    term_months: int = strawberry.field(description="The contract's term in months: 1, 12, 24, 36, 48 or 60.")


@strawberry.input(description="A connection to be quoted.")
class QuoteConnectionInput:
    location_id: ID = strawberry.field(description="Where the port is from which it would go out.")
    rate_limit_mbps: int = strawberry.field(description="Its rate limit in Mbps: 50, 100, 200, 500, 1000, 2000, 5000 or 10000.")
    term_months: int = strawberry.field(description="The contract's term in months: 1, 12, 24, 36, 48 or 60.")


@strawberry.input(description="What is to be quoted: from 1 to 50 ports and connections.")
class QuoteInput:
    ports: list[QuotePortInput] | None = optional("Ports.")
    connections: list[QuoteConnectionInput] | None = optional("Connections.")


@strawberry.type(description="What one port or connection would cost.")
class QuoteLine:
    kind: PriceKind = strawberry.field(description="What is quoted.")
    location: Location = resolved(price.location, "Where it would be.")
    speed_mbps: int = strawberry.field(description="The port's speed, or the connection's rate limit, in Mbps.")
    term_months: int = strawberry.field(description="The contract's term in months.")
    monthly_rate: Money | None = strawberry.field(description="Recurring charge per month, null if there is no price.")
    setup_fee: Money | None = strawberry.field(description="Charge for setting it up, once, null if there is no price.")
    problem: QuoteProblem | None = strawberry.field(
        description="What keeps it from being ordered, null if nothing is known to."
    )


@strawberry.type(description="What all that was asked for would cost.")
class Quote:
    lines: list[QuoteLine] = strawberry.field(description="Ports, then connections, as they were asked for.")
    monthly_totals: list[Money] = strawberry.field(description="What the lines come to per month, in each currency.")
    setup_totals: list[Money] = strawberry.field(description="What setting them up comes to, in each currency.")
