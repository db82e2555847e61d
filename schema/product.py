"""Products."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from models.product import ProductKind, ProductVisibility, ServiceCategory
from resolvers import product
from schema.building.action_fields import viewer_can_field
from schema.building.connections import PAGE, Connection
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.building.page_inputs import page_arguments
from schema.company import Company

if TYPE_CHECKING:
    from schema.offer import Offer


@strawberry.type(description="An application or service advertised by a seller.")
class Product(Node):
    is_type_of = of("Product")

    company: Company = resolved(product.company, "The company that sells the product.")
    title: str = column("The title of the product.")
    kind: ProductKind = column("The kind of product.")
    visibility: ProductVisibility = column("Who can see the product.")
    categories: list[ServiceCategory] = column("The product's categories, from 1 to 3.")
    created_at: datetime = column("When the product was created.")
    offers: Connection[Annotated[Offer, strawberry.lazy("schema.offer")]] = resolved(
        product.offers, "The private offers for the product that the viewer can see.", PAGE
    )
    viewer_can: list[str] = viewer_can_field("Product")


@strawberry.type
class ProductQueries:
    products: Connection[Product] = resolved(
        product.products, "The products that the viewer can see.", page_arguments("Product", "products")
    )
