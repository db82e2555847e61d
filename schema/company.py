"""Companies."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from choices import CompanyType
from models.company import AccountKind, VerificationStatus
from resolvers import company
from schema.building.action_fields import viewer_can_field
from schema.building.connections import PAGE, Connection
from schema.building.fields import COUNT_ALL_COST, column, resolved
from schema.building.nodes import BY_ID, Node, of
from schema.building.page_inputs import page_arguments
from schema.dashboard import Dashboard
from schema.document import Document
from schema.support_details import SupportDetails
from schema.values import CompanyProfile, Waiting

if TYPE_CHECKING:
    from schema.api_key import ApiKey
    from schema.billing_market import BillingMarket
    from schema.identity_issuer import IdentityIssuer
    from schema.invitation import Invitation
    from schema.invoice import Invoice
    from schema.managed_account import ManagedAccount, PartnerDefaults
    from schema.marketplace_profile import MarketplaceProfile
    from schema.membership import Membership
    from schema.offer import Offer
    from schema.port import Port
    from schema.portal_appearance import PortalAppearance
    from schema.portal_origin import PortalOrigin
    from schema.product import Product
    from schema.seller_registration import SellerRegistration
    from schema.webhook_endpoint import WebhookEndpoint


@strawberry.type(description="A company that buys, sells, or manages accounts for other companies.")
class Company(Node):
    is_type_of = of("Company")

    trading_name: str = column("The public name of the company.")
    company_type: CompanyType = column("The company's line of business.")
    account_kind: AccountKind | None = column("The kind of account: direct, partner, managed or operator.")
    partner: Company | None = resolved(company.partner, "The partner that manages the company.")
    company_profile: CompanyProfile | None = resolved(
        company.company_profile, "The company's legal name and registration details."
    )
    verification_status: VerificationStatus | None = column("Whether the operator has verified the company.")
    verification_reason: str | None = column("Why the operator rejected the latest submission. Null unless it did.")
    verification_submitted_at: datetime | None = column("When the latest submission was made. Null before the first one.")
    verification_due_at: datetime | None = column(
        "When the operator should have decided: three working days after the submission, Monday to Friday in UTC."
    )
    waits_for: Waiting | None = resolved(
        company.waits_for,
        "Who has to act next in the verification: the company, which submits it, or the operator, who decides. Null once verified.",
    )
    is_final: bool | None = resolved(
        company.is_final, "Whether no further step of the company's verification is possible: it is VERIFIED."
    )
    distribution_agreement: bool | None = column(
        "Whether the company has a distribution agreement with the operator. Without one, its type is ENTERPRISE or XAAS."
    )
    registration_certificate: Document | None = resolved(
        company.registration_certificate, "The certificate of registration that was submitted last."
    )
    marketplace_profile: Annotated[MarketplaceProfile, strawberry.lazy("schema.marketplace_profile")] | None = resolved(
        company.marketplace_profile, "The company's Marketplace profile."
    )
    billing_markets: list[Annotated[BillingMarket, strawberry.lazy("schema.billing_market")]] | None = resolved(
        company.billing_markets, "The company's billing markets, ordered by code."
    )
    support_details: SupportDetails | None = resolved(company.support_details, "The company's technical support contact.")
    partner_defaults: Annotated[PartnerDefaults, strawberry.lazy("schema.managed_account")] | None = resolved(
        company.partner_defaults,
        "The default settings of the accounts that the company manages. Null if it hasn't set any.",
    )
    managed_accounts: Connection[Annotated[ManagedAccount, strawberry.lazy("schema.managed_account")]] = resolved(
        company.managed_accounts, "The accounts that the company manages.", PAGE
    )
    members: Connection[Annotated[Membership, strawberry.lazy("schema.membership")]] | None = resolved(
        company.members, "The members of the company.", PAGE
    )
    invitations: Connection[Annotated[Invitation, strawberry.lazy("schema.invitation")]] | None = resolved(
        company.invitations, "The open invitations to become a member of the company.", PAGE
    )
    ports: Connection[Annotated[Port, strawberry.lazy("schema.port")]] = resolved(
        company.ports, "The ports that the company owns.", page_arguments("Port", "ports")
    )
    api_keys: list[Annotated[ApiKey, strawberry.lazy("schema.api_key")]] | None = resolved(
        company.api_keys, "The company's API keys, the oldest first. Revoked and expired keys stay listed."
    )
    webhook_endpoints: Connection[Annotated[WebhookEndpoint, strawberry.lazy("schema.webhook_endpoint")]] | None = resolved(
        company.webhook_endpoints, "The URLs at which the company's programs receive events.", PAGE
    )
    identity_issuer: Annotated[IdentityIssuer, strawberry.lazy("schema.identity_issuer")] | None = resolved(
        company.identity_issuer, "The OpenID issuer whose tokens the company's members sign in with. Null if none is set."
    )
    portal_origins: list[Annotated[PortalOrigin, strawberry.lazy("schema.portal_origin")]] | None = resolved(
        company.portal_origins, "The web origins whose pages embed the company's portal, in the order in which they were added."
    )
    portal_appearance: Annotated[PortalAppearance, strawberry.lazy("schema.portal_appearance")] | None = resolved(
        company.portal_appearance,
        "How the portal appears that the company's users see. For a managed account, it's the partner's. Null if it was never saved.",
    )
    seller_registration: Annotated[SellerRegistration, strawberry.lazy("schema.seller_registration")] | None = resolved(
        company.seller_registration, "The company's registration as a seller. Null if it isn't registered."
    )
    auto_publish_allowed: bool | None = column("Whether the company can have products published as soon as they are approved.")
    products: Connection[Annotated[Product, strawberry.lazy("schema.product")]] = resolved(
        company.products, "The products that the company sells.", PAGE
    )
    offers: Connection[Annotated[Offer, strawberry.lazy("schema.offer")]] = resolved(
        company.offers, "The private offers that the company made.", page_arguments("Offer", "offers")
    )
    received_offers: Connection[Annotated[Offer, strawberry.lazy("schema.offer")]] = resolved(
        company.received_offers, "The private offers that the company received.", page_arguments("Offer", "offers")
    )
    dashboard: Dashboard | None = resolved(
        company.dashboard, "A summary of the company's ports, orders and spending.", cost=COUNT_ALL_COST
    )
    invoices: Connection[Annotated[Invoice, strawberry.lazy("schema.invoice")]] | None = resolved(
        company.invoices,
        "The company's invoices from the operator. They include the charges of the accounts it manages.",
        page_arguments("Invoice", "invoices"),
    )
    version: int | None = column("The current version. Send it with the next edit.")
    viewer_can: list[str] = viewer_can_field("Company")


@strawberry.type
class CompanyQueries:
    companies: Connection[Company] = resolved(
        company.companies, "The companies that the viewer can see.", page_arguments("Company", "companies")
    )
    company: Company | None = resolved(company.company, "Looks up a company by its global ID.", BY_ID)
