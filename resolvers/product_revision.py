"""Resolvers of revisions of products."""

from __future__ import annotations

from typing import Final

from models.product_revision import REVISION
from resolvers.reading import lifecycles
from resolvers.reading.field_sources import RootConnection, ToManyByArray, ToOne

product_revisions: Final = RootConnection("ProductRevision")
product: Final = ToOne("Product", "product_id")
status: Final = lifecycles.status(REVISION)
logo: Final = ToOne("Image", "logo_id")
related_products: Final = ToManyByArray("Product", "related_ids", by="id")
