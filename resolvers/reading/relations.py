"""Relations: how rows of one type belong to rows of another, and which columns a link table copies from its row.

A relation is read for all parents of a level with one statement. Copies are equalities that database triggers maintain. A
condition on the row can then be checked on the link, whose own index finds the rows; and what policy has found true of a row
may already imply that a row which it references is visible too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

import models
from policies.predicates.predicate import Names


@dataclass(frozen=True, slots=True)
class Relation:
    """Rows of `entity` below a parent: those where one of `columns` is the parent's key, or those found through a link table."""

    entity: str
    columns: tuple[str, ...] = ()
    link: sa.FromClause | None = None
    parent: str = ""  # the link's column that is the parent's key
    child: str = ""  # the link's column that is the row's key
    link_type: str = ""  # the type whose policy decides which rows of the link are visible


RELATIONS: Final[Mapping[str, Relation]] = {
    "company.invoices": Relation("Invoice", ("company_id",)),
    "company.managed_accounts": Relation("ManagedAccount", ("partner_id",)),
    "company.members": Relation("Membership", ("company_id",)),
    "company.offers": Relation("Offer", ("company_id",)),
    "company.ports": Relation("Port", ("company_id",)),
    "company.products": Relation("Product", ("company_id",)),
    "company.received_offers": Relation("Offer", (), models.OfferBuyer.__table__, "company_id", "offer_id", "OfferBuyer"),
    "dashboard.order_approvals": Relation("OrderApproval", ("company_id", "partner_id")),
    # The company's own ports, and those of the accounts that it manages.
    "dashboard.ports": Relation("Port", ("company_id", "partner_id")),
    "marketplace_profile.ports": Relation("MarketplacePort", ("company_id",)),
    "port.connections": Relation("ConnectionRequest", ("port_id", "target_port_id")),
    "product.offers": Relation("Offer", ("product_id",)),
}

OWNER_COLUMNS: Final = {"id": "company_id", "partner_id": "partner_id"}  # maintained by the trigger `owned`
# (entity, column that references a row, type of that row) to {column of that row: column of the entity with the same value}
COPIED_COLUMNS: Final[Mapping[tuple[str, str, str], Names]] = {
    **{
        (entity, "company_id", "Company"): OWNER_COLUMNS
        for entity in ("ManagedAccount", "Membership", "ConnectionRequest", "Product", "Offer", "Invoice", "OrderApproval")
    },
    # A buyer with an offer has a dealing with its seller: the triggers of `dealing` ensure it.
    ("OfferBuyer", "company_id", "Company"): {
        **OWNER_COLUMNS,
        "purchases": {
            "product_id": "product_id",
            "buyer_id": "company_id",
            "buyer_partner_id": "partner_id",
            "seller_id": "seller_id",
            "seller_partner_id": "seller_partner_id",
        },
    },
    ("Port", "company_id", "Company"): {**OWNER_COLUMNS, "profile_visibility": "profile_visibility"},
    ("MarketplacePort", "company_id", "Company"): {**OWNER_COLUMNS, "profile_visibility": "profile_visibility"},
    ("MarketplaceProfile", "company_id", "Company"): {**OWNER_COLUMNS, "profile_visibility": "visibility"},
    ("ConnectionRequest", "provider_id", "Company"): {"id": "provider_id", "partner_id": "provider_partner_id"},
}

# (entity, link table) to {column of the link: column of the row}. Only columns that are never NULL, because NULL equals nothing.
LINK_COPIES: Final[Mapping[tuple[str, str], Mapping[str, str]]] = {
    ("Offer", "offer_buyer"): {"seller_id": "company_id", "product_id": "product_id"},
    ("Product", "dealing"): {"seller_id": "company_id"},
    ("Product", "product_test_account"): {"seller_id": "company_id"},
}
