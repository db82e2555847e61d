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

BY_ID = {"id": (ID, "A global id.")}
MATCHING = "Only what matches."


@strawberry.type(description="What can be asked. Everybody may ask everything; policy decides what comes back.")
class Query:
    viewer: Viewer = resolved(resolvers.viewer.viewer, "Whoever asks.")
    node: Node | None = resolved(
        resolvers.reading.nodes.node, "The thing with this id, null if there is none or the viewer may not see it.", BY_ID
    )
    nodes: list[Node | None] = resolved(
        resolvers.reading.nodes.nodes, "The things with these ids, each null as in `node`.", {"ids": (list[ID], "Global ids.")}
    )
    company: Company | None = resolved(resolvers.company.company, "A company by its id.", BY_ID)
    companies: Connection[Company] = resolved(
        resolvers.company.companies,
        "The companies that the viewer may know.",
        {**PAGE, "filter": (CompanyFilter | None, MATCHING), "order_by": (CompanyOrder | None, "By creation if not given.")},
    )
    managed_accounts: Connection[ManagedAccount] = resolved(
        resolvers.managed_account.managed_accounts,
        "The accounts that the viewer's company manages, or a managed viewer's own.",
        {**PAGE, "filter": (ManagedAccountFilter | None, MATCHING)},
    )
    marketplace_profile: MarketplaceProfile | None = resolved(
        resolvers.marketplace_profile.marketplace_profile,
        "A Marketplace profile by its slug, or by one that it had before.",
        {"slug": (str, "The end of the profile's address.")},
    )
    marketplace_profiles: Connection[MarketplaceProfile] = resolved(
        resolvers.marketplace_profile.marketplace_profiles,
        "The Marketplace.",
        {
            **PAGE,
            "search": (
                str | None,
                "Words, or beginnings of words, of the provider's name and text; accents and a slip of one letter are forgiven.",
            ),
            "filter": (MarketplaceProfileFilter | None, MATCHING),
        },
    )
    provider_types: list[ProviderType] = resolved(
        resolvers.marketplace_profile.catalogue, "The categories of services that a profile can choose from, by label."
    )
    inquiries: Connection[Inquiry] = resolved(
        resolvers.inquiry.inquiries,
        "What others have asked the viewer's company, and those that it manages, by their Marketplace profiles. Newest first.",
        PAGE,
    )
    locations: Connection[Location] = resolved(
        resolvers.location.locations,
        "The data centres of the network.",
        {
            **PAGE,
            "orderable": (bool | None, "Only those in which the viewer may order a port."),
            "filter": (LocationFilter | None, MATCHING),
        },
    )
    ports: Connection[Port] = resolved(
        resolvers.port.ports,
        "The ports of the viewer's company and of the accounts that it manages.",
        {**PAGE, "filter": (PortFilter | None, MATCHING), "order_by": (PortOrder | None, "By creation if not given.")},
    )
    marketplace_ports: Connection[MarketplacePort] = resolved(
        resolvers.port.marketplace_ports,
        "The public ports of public providers: what can be connected to.",
        {**PAGE, "filter": (MarketplacePortFilter | None, MATCHING)},
    )
    products: Connection[Product] = resolved(
        resolvers.product.products,
        "The products that the viewer may see.",
        {**PAGE, "filter": (ProductFilter | None, MATCHING)},
    )
    offers: Connection[Offer] = resolved(
        resolvers.offer.offers,
        "The private offers that the viewer's company has made or been extended.",
        {**PAGE, "filter": (OfferFilter | None, MATCHING)},
    )
    order_approvals: Connection[OrderApproval] = resolved(
        resolvers.order_approval.order_approvals,
        "The orders of managed accounts that need their partner's approval, and what became of them.",
        {**PAGE, "filter": (OrderApprovalFilter | None, MATCHING)},
    )
    quote: Quote | None = resolved(
        resolvers.price.quote,
        "The quoting tool: what ports and connections would cost.",
        {"input": (QuoteInput, "What is to be quoted.")},
        ability="quote",
    )
    audit_events: Connection[AuditEvent] = resolved(
        resolvers.audit_event.audit_events,
        "What the people of the viewer's company did and were denied, and who looked as them. Newest first; for administrators.",
        {**PAGE, "filter": (AuditEventFilter | None, MATCHING)},
    )
    notifications: Connection[Notification] = resolved(
        resolvers.notification.notifications,
        "What the viewer was told, newest first.",
        {**PAGE, "unread": (bool | None, "Only what the viewer has not marked as read.")},
    )
    preview_settings: Query | None = resolved(
        resolvers.tools.settings_preview.preview_settings,
        "What a managed account would see, as its account administrator, with settings that are not saved yet. For whoever may "
        "save them; null if there is no such account. At the root of a query only, 10 times at most.",
        {
            "managed_account_id": (ID, "The account."),
            "settings": (
                ManagedAccountSettingsInput | None,
                "The switches, as `updateManagedAccountSettings` would take them; as they are if not given.",
            ),
        },
    )
    explain: Explanation | None = resolved(
        resolvers.tools.explain.explain,
        "Whether the viewer, or another, may do something to a thing or read a field of it, and why. Null as in `node`.",
        EXPLAINED,
    )
