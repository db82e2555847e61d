"""Resolvers of products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from models.product import VISIBILITY
from resolvers.reading import lifecycles
from resolvers.reading.batching import reads_columns
from resolvers.reading.field_sources import (
    ChildConnection,
    ManyToMany,
    RootConnection,
    ToMany,
    ToManyByArray,
    ToOne,
    with_search,
)
from resolvers.reading.records import Record
from resolvers.values.text import storable

if TYPE_CHECKING:
    from resolvers.context import Context


async def product(roots: Sequence[object], context: Context, *, slug: str) -> list[Record | None]:
    """Return the published product with this slug, or formerly with it (A38)."""
    found = await context.loaders.row_of_slug("Product", storable(slug, "slug"))
    return [found] * len(roots)


@reads_columns("slug")
async def url(products: Sequence[Record], context: Context) -> list[str]:
    """Return the URL of each product's page, which ends with its slug (R314, A38)."""
    return [url_of(context.services.site_url, row.slug) for row in products]


def url_of(site_url: str, slug: str) -> str:
    """Return the URL of a product's page."""
    return f"{site_url}/marketplace/products/{slug}"


products: Final = RootConnection("Product", with_search)
company: Final = ToOne("Company", "company_id")
logo: Final = ToOne("Image", "logo_id")
visibility: Final = lifecycles.status(VISIBILITY)
offers: Final = ChildConnection("Offer", "product.offers")
related_products: Final = ToManyByArray("Product", "related_ids", by="id")
dimensions: Final = ToMany("ProductDimension", by="product_id", order="id")
test_accounts: Final = ManyToMany("ProductTestAccount", by="product_id", column="company_id", entity="Company")
draft: Final = ToOne("ProductRevision", "id", by="draft_of_id")
revisions: Final = ChildConnection("ProductRevision", "product.revisions")
change_requests: Final = ChildConnection("ChangeRequest", "product.change_requests")
