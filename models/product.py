"""Products: sellers' reviewed listings of applications and services (X2), with their dimensions, test accounts and former slugs.

A product shows its published revision, which is copied into the product on publication, so that reads need no join. Before the
first publication it shows its draft, to its seller, the seller's partner and the operator alone (V29).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, mapped_column

from described_enum import DescribedEnum
from models.base import Base, Owned, copied, enum_column, now, private
from models.concept import (
    AllowedFrom,
    Concept,
    Link,
    Relation,
    array_contains,
    array_overlaps,
    equals,
    full_text,
    in_state,
    page_indexes,
)
from models.lifecycle import Deadline, Lifecycle, Staged, Step, partition


class ProductKind(DescribedEnum):  # R305
    """The kind of a product."""

    APPLICATION = "APPLICATION", "Software, sold as an application."
    SERVICE = "SERVICE", "A professional service."


class ProductVisibility(DescribedEnum):  # R253-R264
    """Who can see a product: its seller and invited companies, everyone, or existing users."""

    LIMITED = "LIMITED", "Its seller and the test accounts can see it."
    PUBLIC = "PUBLIC", "Everyone can see it."
    RESTRICTED = (
        "RESTRICTED",
        "Its seller and companies that already have an offer can see it. It isn't sold to others any more.",
    )
    REMOVED = "REMOVED", "Nobody buys or uses it any more."


class ServiceCategory(DescribedEnum):  # R211
    """A main category of professional services."""

    ASSESSMENTS = "ASSESSMENTS", "Assessments."
    IMPLEMENTATION = "IMPLEMENTATION", "Implementation."
    MANAGED_SERVICES = "MANAGED_SERVICES", "Managed services."
    PREMIUM_SUPPORT = "PREMIUM_SUPPORT", "Premium support."
    TRAINING = "TRAINING", "Training."


class PlatformService(DescribedEnum):  # R210
    """A service of the platform that a product supports."""

    PORTS = "PORTS", "Ports."
    CONNECTIONS = "CONNECTIONS", "Connections."
    MANAGED_ACCOUNTS = "MANAGED_ACCOUNTS", "Managed accounts of partners."
    MARKETPLACE = "MARKETPLACE", "The Marketplace."


LIMITED: Final = sa.text("product_visibility = 'LIMITED'")  # products that test accounts can see (A32)
VISIBILITY: Final = Lifecycle(
    {
        "publish": Step({ProductVisibility.LIMITED}, ProductVisibility.PUBLIC),
        "limit": Step({ProductVisibility.PUBLIC}, ProductVisibility.LIMITED),
        "restrict": Step({ProductVisibility.LIMITED, ProductVisibility.PUBLIC}, ProductVisibility.RESTRICTED),
        "remove": Step({ProductVisibility.LIMITED, ProductVisibility.PUBLIC}, ProductVisibility.REMOVED),  # V60
        "lapse": Step({ProductVisibility.RESTRICTED}, ProductVisibility.REMOVED),  # R263
    },
    column="visibility",
    deadline=Deadline("lapse", "removal_at"),
)
ON_SALE, ENDED = partition(
    ProductVisibility,
    {ProductVisibility.LIMITED, ProductVisibility.PUBLIC},
    {ProductVisibility.RESTRICTED, ProductVisibility.REMOVED},
)
MAX_CATEGORIES: Final = 3  # R211, V7
MAX_HIGHLIGHTS: Final = 3  # V7
MAX_KEYWORDS: Final = 3  # V7
MAX_DIMENSIONS: Final = 24  # V7


def known(column: str, values: type[StrEnum]) -> sa.CheckConstraint:
    """Return the constraint that a column of a list of text holds only values of an enum."""
    return sa.CheckConstraint(f"{column} <@ ARRAY{list(map(str, values))}::text[]", name=f"known_{column}")


class Listing:
    """What a listing says. A revision has it, and a product shows it."""

    title: Mapped[str]
    summary: Mapped[str | None]
    description: Mapped[str | None] = mapped_column(info=private(log=False))
    categories: Mapped[list[str]] = mapped_column(default=list)
    highlights: Mapped[list[str]] = mapped_column(default=list)
    keywords: Mapped[list[str]] = mapped_column(default=list)
    logo_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("image.id"), index=True)
    supports: Mapped[list[str]] = mapped_column(default=list)  # platform services (R210)
    related_ids: Mapped[list[UUID]] = mapped_column(default=list)  # products (R210)
    customer_references: Mapped[list[str]] = mapped_column(default=list, info=private(log=False))  # R311, A37


# The columns of a listing, which publication copies from a revision to its product.
LISTING: Final = tuple(Listing.__annotations__)


class Product(Owned, Staged, Listing, Base):
    """A product, owned by its seller. `published_at` is when its first revision was published (V29).

    `slug` is the last part of its URL (A38, R314): only those of published products are unique. `removal_at` is from when
    nothing keeps a RESTRICTED product (R263).
    """

    __tablename__ = "product"
    LIFECYCLE = VISIBILITY

    kind: Mapped[ProductKind] = mapped_column(enum_column(ProductKind))
    visibility: Mapped[ProductVisibility] = mapped_column(enum_column(ProductVisibility), default=ProductVisibility.LIMITED)
    slug: Mapped[str]
    seller_name: Mapped[str] = mapped_column(info=copied("trading_name", of="company_id", by="product_seller"))
    search: Mapped[str] = mapped_column(
        postgresql.TSVECTOR(),
        sa.Computed("product_search_vector(title, summary, keywords, seller_name)", persisted=True),
        info=private(read=False, log=False),
    )
    published_at: Mapped[datetime | None]
    removal_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        sa.CheckConstraint(f"cardinality(categories) <= {MAX_CATEGORIES}", name="categories"),
        sa.CheckConstraint("published_at IS NULL OR cardinality(categories) > 0", name="published_has_category"),  # R211
        sa.CheckConstraint("visibility <> 'PUBLIC' OR published_at IS NOT NULL", name="public_is_published"),  # V29
        known("categories", ServiceCategory),
        known("supports", PlatformService),
        sa.Index("product_published_slug", "slug", unique=True, postgresql_where=sa.text("published_at IS NOT NULL")),
        sa.Index("product_company_id_page", "company_id", "id"),
        sa.Index("product_partner_id_page", "partner_id", "id"),
        sa.Index("product_partner_id_company_id_page", "partner_id", "company_id", "id"),
        sa.Index("product_public_page", "id", postgresql_where=sa.text("visibility = 'PUBLIC'")),
        sa.Index("product_public_company_id_page", "company_id", "id", postgresql_where=sa.text("visibility = 'PUBLIC'")),
        sa.Index("product_public_kind_page", "kind", "id", postgresql_where=sa.text("visibility = 'PUBLIC'")),
        *page_indexes("product", (("kind", "id"), ("visibility", "id")), ["company_id", "partner_id"]),
        sa.Index("product_kind_page", "kind", "id"),
        sa.Index("product_visibility_page", "visibility", "id"),
        sa.Index("product_categories", "categories", postgresql_using="gin"),
        sa.Index("product_search", "search", postgresql_using="gin"),
        sa.Index("product_due", "removal_at", postgresql_where=sa.text("visibility = 'RESTRICTED'")),
    )


class ProductSlug(Base):
    """A former slug of a product. It's stored so that links to the product keep working (A38)."""

    __tablename__ = "product_slug"

    slug: Mapped[str] = mapped_column(primary_key=True)
    product_id: Mapped[UUID] = mapped_column(sa.ForeignKey("product.id", ondelete="CASCADE"), index=True)


class ProductTestAccount(Base):
    """A company that can see a LIMITED product once it's published (R254, A32). The database copies facts about the product."""

    __tablename__ = "product_test_account"

    product_id: Mapped[UUID] = mapped_column(sa.ForeignKey("product.id", ondelete="CASCADE"), primary_key=True)
    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), primary_key=True)
    seller_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("company.id"), info=copied("company_id", of="product_id", by="test_account_seller")
    )
    seller_partner_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("company.id"), info=copied("partner_id", of="product_id", by="test_account_seller")
    )
    product_visibility: Mapped[ProductVisibility] = mapped_column(enum_column(ProductVisibility))
    product_logo_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("image.id"), info=copied("logo_id", of="product_id", by="test_account_seller")
    )

    __table_args__ = (
        sa.Index("product_test_account_company_id_page", "company_id", "product_id"),
        sa.Index("product_test_account_seller_id_page", "company_id", "seller_id", "product_id"),
        sa.Index("product_test_account_limited_page", "company_id", "seller_id", postgresql_where=LIMITED),
        sa.Index("product_test_account_seller_id_company_page", "seller_id", "company_id"),
        sa.Index("product_test_account_seller_partner_id_company_page", "seller_partner_id", "company_id"),
        sa.Index("product_test_account_logo", "product_logo_id", postgresql_where=sa.text("product_logo_id IS NOT NULL")),
    )


class ProductDimension(Owned, Base):
    """A unit in which a product is priced. Dimensions can be added but never removed (R250)."""

    __tablename__ = "product_dimension"

    product_id: Mapped[UUID] = mapped_column(sa.ForeignKey("product.id", ondelete="CASCADE"))
    name: Mapped[str]
    description: Mapped[str | None]
    unit: Mapped[str]

    __table_args__ = (sa.UniqueConstraint("product_id", "name"),)


CONCEPTS: Final = (
    Concept(
        "Product",
        Product,
        tag=b"pr",
        links=(
            Link("dealings", "dealing", "id", "product_id"),
            Link("test_accounts", "product_test_account", "id", "product_id"),
        ),
        below={"company.products": Relation(("company_id",))},
        filters={
            "kind": equals("kind", "Matches the kind of product."),
            "seller_id": equals("company_id", "Matches the company that sells the product.", "company", id_of="Company"),
            "visibility": in_state(VISIBILITY, "Matches the visibility."),
            "category": array_contains("categories", "Matches products in this category.", ServiceCategory),
            "categories": array_overlaps("categories", "Matches products in any of these categories.", ServiceCategory),
            "search": full_text("search", "title"),
        },
        actions={
            action: AllowedFrom(ON_SALE, column="visibility")
            for action in ("revise", "add_dimensions", "change_visibility", "make_offer", "request_offer")
        },
        shown_by={"logo_id": "logo", "related_ids": "related_products"},
    ),
    Concept("ProductTestAccount", ProductTestAccount),
    Concept(
        "ProductDimension",
        ProductDimension,
        tag=b"pd",
        links=(
            Link("products", "product", "product_id", "id"),
            Link("dealings", "dealing", "product_id", "product_id"),
            Link("test_accounts", "product_test_account", "product_id", "product_id"),
        ),
    ),
)
