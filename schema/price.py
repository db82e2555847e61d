"""Prices, as the quoting tool returns them."""

from __future__ import annotations

import strawberry
from strawberry import ID

from models.price import PriceKind
from resolvers import price
from resolvers.price import QuoteProblem
from schema.building.enums import register_enum
from schema.building.fields import resolved
from schema.building.inputs import optional
from schema.location import Location
from schema.values import Money

register_enum(QuoteProblem, description="Why the viewer's company can't order a quoted item.")


@strawberry.input(description="A port to quote.")
class QuotePortInput:
    location_id: ID = strawberry.field(description="The data centre that would house the port.")
    speed_mbps: int = strawberry.field(description="The port speed, in Mbps: 1000, 10000, 100000 or 400000.")
    term_months: int = strawberry.field(description="The contract term, in months: 1, 12, 24, 36, 48 or 60.")


@strawberry.input(description="A connection to quote.")
class QuoteConnectionInput:
    location_id: ID = strawberry.field(description="The data centre of the port that the connection starts from.")
    rate_limit_mbps: int = strawberry.field(
        description="The maximum bandwidth, in Mbps: 50, 100, 200, 500, 1000, 2000, 5000 or 10000."
    )
    term_months: int = strawberry.field(description="The contract term, in months: 1, 12, 24, 36, 48 or 60.")


@strawberry.input(description="The items to quote: from 1 to 50 ports and connections in all.")
class QuoteInput:
    ports: list[QuotePortInput] | None = optional("The ports to quote.")
    connections: list[QuoteConnectionInput] | None = optional("The connections to quote.")


@strawberry.type(description="The price of one port or connection.")
class QuoteLine:
    kind: PriceKind = strawberry.field(description="The kind of item quoted.")
    location: Location = resolved(price.location, "The data centre of the port or connection.")
    speed_mbps: int = strawberry.field(description="The port speed or the connection's maximum bandwidth, in Mbps.")
    term_months: int = strawberry.field(description="The contract term, in months.")
    monthly_rate: Money | None = strawberry.field(description="The recurring monthly charge. Null if there is no price.")
    setup_fee: Money | None = strawberry.field(description="The one-time setup charge. Null if there is no price.")
    problem: QuoteProblem | None = strawberry.field(
        description="Why the item can't be ordered. Null if there is no known problem."
    )


@strawberry.type(description="The prices of the requested ports and connections.")
class Quote:
    lines: list[QuoteLine] = strawberry.field(
        description="One line for each requested item: the ports, then the connections, in the order of the input."
    )
    monthly_totals: list[Money] = strawberry.field(description="The total monthly charges, one amount per currency.")
    setup_totals: list[Money] = strawberry.field(description="The total setup charges, one amount per currency.")


@strawberry.type
class PriceQueries:
    quote: Quote | None = resolved(
        price.quote, "The prices of ports and connections.", {"input": (QuoteInput, "The items to quote.")}, ability="quote"
    )
