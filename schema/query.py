"""The root of queries."""

from __future__ import annotations

import strawberry
from strawberry import ID

import resolvers.audit_event
import resolvers.company
import resolvers.inquiry
import resolvers.location
import resolvers.managed_account
import resolvers.marketplace_profile
import resolvers.notification
import resolvers.offer
import resolvers.order_approval
import resolvers.port
import resolvers.price
import resolvers.product
import resolvers.reading.nodes
import resolvers.tools.explain
import resolvers.tools.settings_preview
import resolvers.viewer
from schema.audit_event import AuditEvent
from schema.building.connections import PAGE, Connection
from schema.building.fields import resolved
from schema.building.nodes import Node
from schema.company import Company
from schema.explain import EXPLAINED, Explanation
from schema.filters import (
    AuditEventFilter,
    CompanyFilter,
    CompanyOrder,
    LocationFilter,
    ManagedAccountFilter,
    MarketplacePortFilter,
    MarketplaceProfileFilter,
    OfferFilter,
    OrderApprovalFilter,
    PortFilter,
    PortOrder,
    ProductFilter,
)
from schema.inquiry import Inquiry
from schema.location import Location
from schema.managed_account import ManagedAccount
from schema.marketplace_port import MarketplacePort
from schema.marketplace_profile import MarketplaceProfile, ProviderType
from schema.mutations.managed_account import ManagedAccountSettingsInput
from schema.notification import Notification
from schema.offer import Offer
from schema.order_approval import OrderApproval
from schema.port import Port
from schema.price import Quote, QuoteInput
from schema.product import Product
from schema.viewer import Viewer

BY_ID = {"id": (ID, "A global ID.")}
MATCHING = "Returns only items that match the filter."


@strawberry.type(
    description="The root of all queries. Everyone can query every field unless its description says otherwise; "
    "results are limited to what you can read."
)
class Query:
    viewer: Viewer = resolved(resolvers.viewer.viewer, "The current viewer.")
    node: Node | None = resolved(
        resolvers.reading.nodes.node,
        "Looks up an object by its global ID. Null if it doesn't exist or the viewer can't see it.",
        BY_ID,
    )
    nodes: list[Node | None] = resolved(
        resolvers.reading.nodes.nodes,
        "Looks up objects by their global IDs. Each is null if it doesn't exist or the viewer can't see it.",
        {"ids": (list[ID], "The global IDs.")},
    )
    company: Company | None = resolved(resolvers.company.company, "Looks up a company by its global ID.", BY_ID)
    companies: Connection[Company] = resolved(
        resolvers.company.companies,
        "The companies that the viewer can see.",
        {
            **PAGE,
            "filter": (CompanyFilter | None, MATCHING),
            "order_by": (CompanyOrder | None, "The sort order. Defaults to creation time."),
        },
    )
    managed_accounts: Connection[ManagedAccount] = resolved(
        resolvers.managed_account.managed_accounts,
        "The accounts that the viewer's company manages. For a managed account, its own account.",
        {**PAGE, "filter": (ManagedAccountFilter | None, MATCHING)},
    )
    marketplace_profile: MarketplaceProfile | None = resolved(
        resolvers.marketplace_profile.marketplace_profile,
        "Looks up a Marketplace profile by its current slug or a former one.",
        {"slug": (str, "The last part of the profile's URL.")},
    )
    marketplace_profiles: Connection[MarketplaceProfile] = resolved(
        resolvers.marketplace_profile.marketplace_profiles,
        "The profiles on the Marketplace.",
        {
            **PAGE,
            "search": (
                str | None,
                "Words, or beginnings of words, to search for in profiles. The search ignores accents and "
                "tolerates a typo of one letter.",
            ),
            "filter": (MarketplaceProfileFilter | None, MATCHING),
        },
    )
    provider_types: list[ProviderType] = resolved(
        resolvers.marketplace_profile.catalogue, "The service categories that a profile can choose from, ordered by label."
    )
    inquiries: Connection[Inquiry] = resolved(
        resolvers.inquiry.inquiries,
        "The inquiries received by the viewer's company and the companies it manages, newest first.",
        PAGE,
    )
    locations: Connection[Location] = resolved(
        resolvers.location.locations,
        "The data centres in the network.",
        {
            **PAGE,
            "orderable": (bool | None, "If true, returns only locations where the viewer can order a port."),
            "filter": (LocationFilter | None, MATCHING),
        },
    )
    ports: Connection[Port] = resolved(
        resolvers.port.ports,
        "The ports of the viewer's company and of the accounts it manages.",
        {
            **PAGE,
            "filter": (PortFilter | None, MATCHING),
            "order_by": (PortOrder | None, "The sort order. Defaults to creation time."),
        },
    )
    marketplace_ports: Connection[MarketplacePort] = resolved(
        resolvers.port.marketplace_ports,
        "The public ports of public providers, which can be connected to.",
        {**PAGE, "filter": (MarketplacePortFilter | None, MATCHING)},
    )
    products: Connection[Product] = resolved(
        resolvers.product.products,
        "The products that the viewer can see.",
        {**PAGE, "filter": (ProductFilter | None, MATCHING)},
    )
    offers: Connection[Offer] = resolved(
        resolvers.offer.offers,
        "The private offers that the viewer's company made or received.",
        {**PAGE, "filter": (OfferFilter | None, MATCHING)},
    )
    order_approvals: Connection[OrderApproval] = resolved(
        resolvers.order_approval.order_approvals,
        "Managed accounts' orders that need their partner's approval, including those already decided.",
        {**PAGE, "filter": (OrderApprovalFilter | None, MATCHING)},
    )
    quote: Quote | None = resolved(
        resolvers.price.quote,
        "The prices of ports and connections.",
        {"input": (QuoteInput, "The items to quote.")},
        ability="quote",
    )
    audit_events: Connection[AuditEvent] = resolved(
        resolvers.audit_event.audit_events,
        "The audit events of the viewer's company, newest first: what its users did or were denied, and "
        "who viewed as them. Only administrators can see audit events.",
        {**PAGE, "filter": (AuditEventFilter | None, MATCHING)},
    )
    notifications: Connection[Notification] = resolved(
        resolvers.notification.notifications,
        "The viewer's notifications, newest first.",
        {**PAGE, "unread": (bool | None, "If true, returns only unread notifications.")},
    )
    preview_settings: Query | None = resolved(
        resolvers.tools.settings_preview.preview_settings,
        "Previews what a managed account's administrator would see with unsaved settings. Requires "
        "permission to save the settings. Null if the account doesn't exist. Allowed only at the root of "
        "a query, at most 10 times.",
        {
            "managed_account_id": (ID, "The managed account."),
            "settings": (
                ManagedAccountSettingsInput | None,
                "The settings to preview, as in `updateManagedAccountSettings`. Defaults to the current settings.",
            ),
        },
    )
    explain: Explanation | None = resolved(
        resolvers.tools.explain.explain,
        "Explains whether the viewer, or another company or user, can take an action on an object or read "
        "one of its fields. Null if the object doesn't exist or the viewer can't see it.",
        EXPLAINED,
    )
