"""The gateway's catalogue: each type that rules can name, its table, and the links that rules can follow.

A type that isn't listed here can't be read. Port and MarketplacePort are two types over one table, each with its own policy.
So are Company and Dashboard.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import models
from policies.entity import Catalogue, Entity, Link

SALES: Final = Link("sales", models.Dealing.__table__, local="id", remote="seller_id")
PURCHASES: Final = Link("purchases", models.Dealing.__table__, local="id", remote="buyer_id")
INVITATIONS: Final = Link("invitations", models.ProductTestAccount.__table__, local="id", remote="seller_id")

# Every action that the gateway asks the policy about. A rule about any other action would have no effect, so it's rejected.
ROW_ACTIONS: Final[Mapping[str, tuple[str, ...]]] = {  # in addition to reading, which applies to every type
    "Company": (
        "update_company_profile",
        "update_support_details",
        "save_marketplace_profile",
        "set_billing_market",
        "create_managed_account",
        "update_partner_defaults",
        "order_port",
        "order_port_directly",
        "publish_port",
        "view_as",
        "view_as_administrator",
        "explain",
    ),
    "ConnectionRequest": ("answer", "withdraw"),
    "Location": ("order",),
    "ManagedAccount": ("update_managed_account", "update_managed_account_settings"),
    "MarketplacePort": ("connect",),
    "MarketplaceProfile": ("inquire",),
    "Membership": ("view_as", "explain"),
    "Notification": ("mark_read",),
    "OrderApproval": ("approve", "reject", "withdraw"),
    "Port": (
        "update",
        "cancel",
        "disable",
        "enable",
        "decommission",
        "change_term",
        "connect",
        "publish",
        "allocate",
        "activate",
    ),
}
ABILITIES: Final = (
    "see_prices",
    "use_chat",
    "quote",
    "have_dashboard",
    "read_partner_documentation",
    "explain_linked_rows",
)

CATALOGUE: Final = Catalogue(
    (
        Entity("AuditEvent", models.AuditEvent.__table__),
        Entity("BillingMarket", models.BillingMarket.__table__),
        Entity("Company", models.Company.__table__, (SALES, PURCHASES, INVITATIONS)),
        Entity("ConnectionRequest", models.ConnectionRequest.__table__),
        Entity("Dashboard", models.Company.__table__),
        Entity("Image", models.Image.__table__, (Link("profiles", models.MarketplaceProfile.__table__, "id", "logo_id"),)),
        Entity("Inquiry", models.Inquiry.__table__),
        Entity("Instalment", models.Instalment.__table__, part_of="Offer"),
        Entity("Invoice", models.Invoice.__table__),
        Entity("InvoiceLine", models.InvoiceLine.__table__, part_of="Invoice"),
        Entity("Location", models.Location.__table__),
        Entity("ManagedAccount", models.ManagedAccount.__table__),
        Entity("MarketplacePort", models.Port.__table__),
        Entity("MarketplaceProfile", models.MarketplaceProfile.__table__),
        Entity("Membership", models.Membership.__table__),
        Entity("Notification", models.Notification.__table__),
        Entity("Offer", models.Offer.__table__, (Link("buyers", models.OfferBuyer.__table__, "id", "offer_id"),)),
        Entity("OfferBuyer", models.OfferBuyer.__table__),
        Entity("OfferDimension", models.OfferDimension.__table__, part_of="Offer"),
        Entity("PartnerDefaults", models.PartnerDefaults.__table__),
        Entity("OrderApproval", models.OrderApproval.__table__),
        Entity("Port", models.Port.__table__),
        Entity("Price", models.Price.__table__),
        Entity(
            "Product",
            models.Product.__table__,
            (
                Link("dealings", models.Dealing.__table__, "id", "product_id"),
                Link("test_accounts", models.ProductTestAccount.__table__, "id", "product_id"),
            ),
        ),
        Entity("ProviderType", models.ProviderType.__table__),
        Entity("ServiceType", models.ServiceType.__table__),
        Entity("SupportDetails", models.SupportDetails.__table__),
        Entity("User", models.User.__table__, (Link("memberships", models.Membership.__table__, "id", "user_id"),)),
    ),
    ROW_ACTIONS,
    ABILITIES,
)
