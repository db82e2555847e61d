"""How companies get their data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from resolvers.common import belonging, below, by_id, everything, listed, named_by
from resolvers.record import Record
from resolvers.values import Address, address

if TYPE_CHECKING:
    from resolvers.context import Context


@dataclass(frozen=True, slots=True)
class CompanyProfile:
    """What a company is on paper."""

    legal_name: str
    registration_number: str | None
    country: str
    headquarters: Address | None
    tax_number: str | None


async def company_profile(companies: Sequence[Record], _context: Context) -> list[CompanyProfile]:
    """The company profile of each company (R111, X1)."""
    return [
        CompanyProfile(
            company.legal_name,
            company.registration_number,
            company.country,
            address(company.headquarters),
            company.tax_number,
        )
        for company in companies
    ]


company: Final = by_id("Company")
companies: Final = everything("Company")
marketplace_profile: Final = belonging("MarketplaceProfile", "company_id")
partner: Final = named_by("Company", "partner_id")
billing_markets: Final = listed("BillingMarket", "company_id", order="market")
support_details: Final = belonging("SupportDetails", "company_id")
managed_accounts: Final = below("ManagedAccount", "company.managed_accounts")
members: Final = below("Membership", "company.members")
offers: Final = below("Offer", "company.offers")
ports: Final = below("Port", "company.ports")
products: Final = below("Product", "company.products")
received_offers: Final = below("Offer", "company.received_offers")
