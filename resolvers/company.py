"""How companies get their data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from resolvers.reading.batching import Made
from resolvers.reading.field_sources import Below, ById, Everything, Listed, NamedBy
from resolvers.values.address import Address, address


@dataclass(frozen=True, slots=True)
class CompanyProfile:
    """What a company is on paper."""

    legal_name: str
    registration_number: str | None
    country: str
    headquarters: Address | None
    tax_number: str | None


def on_paper(
    legal_name: str,
    registration_number: str | None,
    country: str,
    headquarters: Mapping[str, Any] | None,
    tax_number: str | None,
) -> CompanyProfile:
    """The company profile of a company (R111, X1)."""
    return CompanyProfile(legal_name, registration_number, country, address(headquarters), tax_number)


company_profile: Final = Made(on_paper, ("legal_name", "registration_number", "country", "headquarters", "tax_number"))
company: Final = ById("Company")
companies: Final = Everything("Company")
marketplace_profile: Final = NamedBy("MarketplaceProfile", "id", by="company_id")
partner: Final = NamedBy("Company", "partner_id")
billing_markets: Final = Listed("BillingMarket", by="company_id", order="market")
support_details: Final = NamedBy("SupportDetails", "id", by="company_id")
dashboard: Final = NamedBy("Dashboard", "id")
invoices: Final = Below("Invoice", "company.invoices")
managed_accounts: Final = Below("ManagedAccount", "company.managed_accounts")
partner_defaults: Final = NamedBy("PartnerDefaults", "id", by="partner_id")
members: Final = Below("Membership", "company.members")
offers: Final = Below("Offer", "company.offers")
ports: Final = Below("Port", "company.ports")
products: Final = Below("Product", "company.products")
received_offers: Final = Below("Offer", "company.received_offers")
