"""Products and their dimensions."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from models.product import PlatformService, ProductKind, ProductVisibility, ServiceCategory
from resolvers import product
from schema.building.action_fields import viewer_can_field
from schema.building.connections import PAGE, Connection
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.building.page_inputs import page_arguments, search_argument
from schema.building.scalars import URL
from schema.company import Company
from schema.image import Image

if TYPE_CHECKING:
    from schema.change_request import ChangeRequest
    from schema.offer import Offer
    from schema.product_revision import ProductRevision


@strawberry.type(description="A unit in which a product is priced.")
class ProductDimension(Node):
    is_type_of = of("ProductDimension")

    name: str = column("The name of the dimension. It's unique within the product.")
    description: str | None = column("A description of the dimension.")
    unit: str = column("What a price of it covers, such as `month`.")
    viewer_can: list[str] = viewer_can_field("ProductDimension")


@strawberry.type(
    description="An application or service advertised by a seller. It shows its published revision. Before the first publication, it "
    "shows its draft, to the seller, its partner and the operator only."
)
class Product(Node):
    is_type_of = of("Product")

    company: Company = resolved(product.company, "The company that sells the product.")
    title: str = column("The title of the product.")
    kind: ProductKind = column("The kind of product.")
    visibility: ProductVisibility = resolved(product.visibility, "Who can see the product.")
    categories: list[ServiceCategory] = column("The product's categories, from 1 to 3. A draft can have none.")
    created_at: datetime = column("When the product was created.")
    published_at: datetime | None = column("When the product was first published. Null for a draft.")
    slug: str = column(
        "The last part of the product's URL: the one that the seller chose, or one made from the title. Former slugs keep working."
    )
    url: URL = resolved(product.url, "The URL of the product's page.")
    summary: str | None = column("What the product is, in one or two sentences.")
    description: str | None = column("The full description of the product, as plain text.")
    highlights: list[str] = column("What is best about the product, at most 3.")
    keywords: list[str] = column("Words that people search for, at most 3.")
    logo: Image | None = resolved(product.logo, "The product's logo.")
    supports: list[PlatformService] = column("The services of the platform that the product supports.")
    related_products: list[Annotated[Product, strawberry.lazy("schema.product")]] = resolved(
        product.related_products, "Products that this one supports or leads to, as far as the viewer can see them."
    )
    dimensions: list[ProductDimension] = resolved(product.dimensions, "The units in which the product is priced.")
    test_accounts: list[Company] | None = resolved(
        product.test_accounts, "The companies that can see the product while it's LIMITED."
    )
    customer_references: list[str] | None = column("Customers who vouch for the seller. Only the operator checks them.")
    draft: Annotated[ProductRevision, strawberry.lazy("schema.product_revision")] | None = resolved(
        product.draft, "The newest revision, if it isn't published yet."
    )
    revisions: Connection[Annotated[ProductRevision, strawberry.lazy("schema.product_revision")]] | None = resolved(
        product.revisions, "All revisions of the product.", PAGE
    )
    change_requests: Connection[Annotated[ChangeRequest, strawberry.lazy("schema.change_request")]] | None = resolved(
        product.change_requests, "What the seller has asked to change about the product.", PAGE
    )
    offers: Connection[Annotated[Offer, strawberry.lazy("schema.offer")]] = resolved(
        product.offers, "The private offers for the product that the viewer can see.", page_arguments("Offer", "offers")
    )
    viewer_can: list[str] = viewer_can_field("Product")


@strawberry.type
class ProductQueries:
    products: Connection[Product] = resolved(
        product.products,
        "The products that the viewer can see.",
        {
            **page_arguments("Product", "products"),
            **search_argument("titles, summaries, keywords and names of sellers"),
        },
    )
    product: Product | None = resolved(
        product.product,
        "Looks up a published product by its current slug or a former one.",
        {"slug": (str, "The last part of the product's URL.")},
    )
