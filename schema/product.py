"""Products."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from resolvers import product
from schema.building.action_fields import viewer_can_field
from schema.building.connections import PAGE, Connection
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.company import Company
from schema.enums import ProductKind, ProductVisibility, ServiceCategory

if TYPE_CHECKING:
    from schema.offer import Offer


@strawberry.type(description="An application or a service that a seller advertises.")
class Product(Node):
    is_type_of = of("Product")

    company: Company = resolved(product.company, "The seller.")
    title: str = column("What it is called.")
    kind: ProductKind = column("What is advertised.")
    visibility: ProductVisibility = column("Who finds it.")
    categories: list[ServiceCategory] = column("The categories that it is in, 1 to 3.")
    created_at: datetime = column("When it was created.")
    offers: Connection[Annotated[Offer, strawberry.lazy("schema.offer")]] = resolved(
        product.offers, "The private offers for it that the viewer may read.", PAGE
    )
    viewer_can: list[str] = viewer_can_field("Product")
