"""Revisions of products."""

from __future__ import annotations

from datetime import datetime

import strawberry

from models.product import PlatformService, ProductVisibility, ServiceCategory
from models.product_revision import RevisionStatus
from resolvers import product_revision
from schema.building.action_fields import viewer_can_field
from schema.building.connections import Connection
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.building.page_inputs import page_arguments
from schema.image import Image
from schema.product import Product


@strawberry.type(
    description="A version of a product's listing. It can be revised as a DRAFT, is locked while SUBMITTED, and then published."
)
class ProductRevision(Node):
    is_type_of = of("ProductRevision")

    product: Product = resolved(product_revision.product, "The product.")
    number: int = column("The number of the revision, from 1.")
    status: RevisionStatus = resolved(product_revision.status, "The status of the revision.")
    title: str = column("The title of the product.")
    summary: str | None = column("What the product is, in one or two sentences.")
    description: str | None = column("The full description of the product, as plain text.")
    categories: list[ServiceCategory] = column("The product's categories.")
    highlights: list[str] = column("What is best about the product.")
    keywords: list[str] = column("Words that people search for.")
    logo: Image | None = resolved(product_revision.logo, "The product's logo.")
    slug: str | None = column("The last part of the URL that the seller asks for. Null if it's made from the title.")
    supports: list[PlatformService] = column("The services of the platform that the product supports.")
    related_products: list[Product] = resolved(
        product_revision.related_products, "Products that this one supports or leads to, as far as the viewer can see them."
    )
    customer_references: list[str] = column("Customers who vouch for the seller. Only the operator checks them.")
    visibility: ProductVisibility = column("The visibility of the product once this revision is published.")
    auto_publish: bool = column("Whether the revision is published as soon as it's approved.")
    created_at: datetime = column("When the revision was begun.")
    submitted_at: datetime | None = column("When the revision was last submitted.")
    approved_at: datetime | None = column("When the revision was approved.")
    publish_by: datetime | None = column(
        "Until when an APPROVED revision can be published: 60 days from the approval. Then it's REJECTED."
    )
    published_at: datetime | None = column("When the revision was published.")
    version: int | None = column("The current version. Send it with the next edit.")
    viewer_can: list[str] = viewer_can_field("ProductRevision")


@strawberry.type
class ProductRevisionQueries:
    product_revisions: Connection[ProductRevision] = resolved(
        product_revision.product_revisions,
        "The revisions of the products of the viewer's company and of the companies it manages. The operator's staff sees all.",
        page_arguments("ProductRevision", "revisions"),
    )
