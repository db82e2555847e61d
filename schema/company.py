"""Companies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from resolvers import company
from schema.building.action_fields import viewer_can_field
from schema.building.connections import PAGE, Connection
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.dashboard import Dashboard
from schema.enums import AccountKind, CompanyType
from schema.filters import InvoiceFilter, InvoiceOrder
from schema.support_details import SupportDetails
from schema.values import CompanyProfile

if TYPE_CHECKING:
    from schema.billing_market import BillingMarket
    from schema.invoice import Invoice
    from schema.managed_account import ManagedAccount, PartnerDefaults
    from schema.marketplace_profile import MarketplaceProfile
    from schema.membership import Membership
    from schema.offer import Offer
    from schema.port import Port
    from schema.product import Product


@strawberry.type(description="A company that buys, sells or manages accounts for others.")
class Company(Node):
    is_type_of = of("Company")

    trading_name: str = column("The name that the public knows.")
    company_type: CompanyType = column("What the company does.")
    account_kind: AccountKind | None = column("Whom it works with.")
    partner: Company | None = resolved(company.partner, "The partner that manages it.")
    company_profile: CompanyProfile | None = resolved(company.company_profile, "What it is on paper.")
    marketplace_profile: Annotated[MarketplaceProfile, strawberry.lazy("schema.marketplace_profile")] | None = resolved(
        company.marketplace_profile, "How it shows itself on the Marketplace."
    )
    billing_markets: list[Annotated[BillingMarket, strawberry.lazy("schema.billing_market")]] | None = resolved(
        company.billing_markets, "Where it is billed, by code."
    )
    support_details: SupportDetails | None = resolved(company.support_details, "Whom it turns to for support.")
    partner_defaults: Annotated[PartnerDefaults, strawberry.lazy("schema.managed_account")] | None = resolved(
        company.partner_defaults,
        "What it has set for all accounts that it manages; null if nothing.",
    )
    managed_accounts: Connection[Annotated[ManagedAccount, strawberry.lazy("schema.managed_account")]] = resolved(
        company.managed_accounts, "The accounts that it manages.", PAGE
    )
    members: Connection[Annotated[Membership, strawberry.lazy("schema.membership")]] | None = resolved(
        company.members, "Its people.", PAGE
    )
    ports: Connection[Annotated[Port, strawberry.lazy("schema.port")]] = resolved(company.ports, "Its ports.", PAGE)
    products: Connection[Annotated[Product, strawberry.lazy("schema.product")]] = resolved(
        company.products, "The products that it sells.", PAGE
    )
    offers: Connection[Annotated[Offer, strawberry.lazy("schema.offer")]] = resolved(
        company.offers, "The private offers that it has made.", PAGE
    )
    received_offers: Connection[Annotated[Offer, strawberry.lazy("schema.offer")]] = resolved(
        company.received_offers, "The private offers that it has been extended.", PAGE
    )
    dashboard: Dashboard | None = resolved(company.dashboard, "What it has at a glance.")
    invoices: Connection[Annotated[Invoice, strawberry.lazy("schema.invoice")]] | None = resolved(
        company.invoices,
        "What the operator charged it, its managed accounts' charges among them.",
        {
            **PAGE,
            "filter": (InvoiceFilter | None, "Only what matches."),
            "order_by": (InvoiceOrder | None, "By creation if not given."),
        },
    )
    version: int | None = column("Counts the edits of the company; to be stated by whoever edits it.")
    viewer_can: list[str] = viewer_can_field("Company")
