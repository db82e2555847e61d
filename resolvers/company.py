"""Resolvers of companies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from models.company import VERIFICATION
from resolvers.reading import lifecycles
from resolvers.reading.batching import Computed
from resolvers.reading.field_sources import ById, ChildConnection, RootConnection, ToMany, ToOne
from resolvers.values.address import Address, address


@dataclass(frozen=True, slots=True)
class CompanyProfile:
    """The legal details of a company."""

    legal_name: str
    registration_number: str | None
    country: str
    headquarters: Address | None
    tax_number: str | None


def build_company_profile(
    legal_name: str,
    registration_number: str | None,
    country: str,
    headquarters: Mapping[str, Any] | None,
    tax_number: str | None,
) -> CompanyProfile:
    """Build the company profile from its columns (R111, X1)."""
    return CompanyProfile(legal_name, registration_number, country, address(headquarters), tax_number)


company_profile: Final = Computed(
    build_company_profile, ("legal_name", "registration_number", "country", "headquarters", "tax_number")
)
waits_for: Final = lifecycles.waits_for(VERIFICATION)
is_final: Final = lifecycles.is_final(VERIFICATION)
company: Final = ById("Company")
companies: Final = RootConnection("Company")
marketplace_profile: Final = ToOne("MarketplaceProfile", "id", by="company_id")
partner: Final = ToOne("Company", "partner_id")
api_keys: Final = ToMany("ApiKey", by="company_id", order="id")
billing_markets: Final = ToMany("BillingMarket", by="company_id", order="market")
support_details: Final = ToOne("SupportDetails", "id", by="company_id")
identity_issuer: Final = ToOne("IdentityIssuer", "id", by="company_id")
portal_origins: Final = ToMany("PortalOrigin", by="company_id", order="id")
portal_appearance: Final = ToOne("PortalAppearance", "portal_owner_id", by="company_id")
seller_registration: Final = ToOne("SellerRegistration", "id", by="company_id")
registration_certificate: Final = ToOne("Document", "id", by="certified_id")
dashboard: Final = ToOne("Dashboard", "id")
invoices: Final = ChildConnection("Invoice", "company.invoices")
managed_accounts: Final = ChildConnection("ManagedAccount", "company.managed_accounts")
partner_defaults: Final = ToOne("PartnerDefaults", "id", by="partner_id")
invitations: Final = ChildConnection("Invitation", "company.invitations")
members: Final = ChildConnection("Membership", "company.members")
offers: Final = ChildConnection("Offer", "company.offers")
ports: Final = ChildConnection("Port", "company.ports")
products: Final = ChildConnection("Product", "company.products")
received_offers: Final = ChildConnection("Offer", "company.received_offers")
webhook_endpoints: Final = ChildConnection("WebhookEndpoint", "company.webhook_endpoints")
