"""Filters and orders: what connections can be narrowed and sorted by. Refused to viewers from whom the field is hidden."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import strawberry
from strawberry import ID

from schema.building.inputs import optional
from schema.enums import (
    AccountKind,
    AuditKind,
    CompanyOrderField,
    CompanyType,
    Direction,
    InvoiceOrderField,
    LocationStatus,
    OfferStatus,
    OrderApprovalStatus,
    PortOrderField,
    PortStatus,
    PortVisibility,
    ProductKind,
    ProductVisibility,
    ServiceCategory,
    SupportedBy,
)


@strawberry.input(description="Audit events that match everything given.")
class AuditEventFilter:
    kind: AuditKind | None = optional("What they tell of.")


@strawberry.input(description="Companies that match everything given.")
class CompanyFilter:
    company_type: CompanyType | None = optional("What the company does.")
    account_kind: AccountKind | None = optional("Whom it works with. For the operator's staff, who sees it of every company.")


@strawberry.input(description="The order of companies.")
class CompanyOrder:
    field: CompanyOrderField = strawberry.field(description="What they are ordered by.")
    direction: Direction = strawberry.field(default=Direction.ASC, description="Upwards or downwards.")


@strawberry.input(description="Managed accounts that match everything given.")
class ManagedAccountFilter:
    account_name: str | None = optional("The whole name.")
    supported_by: SupportedBy | None = optional("Who supports the account.")


@strawberry.input(description="Marketplace profiles that match everything given.")
class MarketplaceProfileFilter:
    provider_type: str | None = optional("The code of a provider type.")
    service_type: str | None = optional("The code of a service type.")


@strawberry.input(description="Invoices that match everything given.")
class InvoiceFilter:
    period_from: date | None = optional("Periods that begin on this day or later.")
    period_to: date | None = optional("Periods that begin on this day or earlier.")


@strawberry.input(description="The order of invoices.")
class InvoiceOrder:
    field: InvoiceOrderField = strawberry.field(description="What they are ordered by.")
    direction: Direction = strawberry.field(default=Direction.ASC, description="Upwards or downwards.")


@strawberry.input(description="Locations that match everything given.")
class LocationFilter:
    metro: str | None = optional("The metropolitan area.")
    country: str | None = optional("ISO 3166-1 alpha-2 code.")
    market: str | None = optional("The billing market's code.")
    status: LocationStatus | None = optional("Where the location stands.")
    speed_mbps: int | None = optional("A speed that is offered there, in Mbps.")


@strawberry.input(description="Marketplace ports that match everything given.")
class MarketplacePortFilter:
    location_id: ID | None = optional("The location of the port.")
    speed_mbps: int | None = optional("The speed of the port in Mbps.")


@strawberry.input(description="An amount of money between bounds, in one currency.")
class MoneyRange:
    currency: str = strawberry.field(description="ISO 4217 code.")
    at_least: Decimal | None = optional("In major units.")
    at_most: Decimal | None = optional("In major units.")


@strawberry.input(description="Order approvals that match everything given.")
class OrderApprovalFilter:
    status: OrderApprovalStatus | None = optional("What became of the order.")


@strawberry.input(description="Ports that match everything given.")
class PortFilter:
    status: PortStatus | None = optional("Where the port stands.")
    visibility: PortVisibility | None = optional("Whether it is public.")
    location_id: ID | None = optional("The location that it is in.")
    speed_mbps: int | None = optional("Its speed in Mbps.")
    monthly_rate: MoneyRange | None = optional("What it costs per month. For viewers who see prices.")


@strawberry.input(description="The order of ports.")
class PortOrder:
    field: PortOrderField = strawberry.field(description="What they are ordered by.")
    direction: Direction = strawberry.field(default=Direction.ASC, description="Upwards or downwards.")


@strawberry.input(description="Products that match everything given.")
class ProductFilter:
    kind: ProductKind | None = optional("What is advertised.")
    visibility: ProductVisibility | None = optional("Who finds it.")
    category: ServiceCategory | None = optional("A category that it is in.")


@strawberry.input(description="Offers that match everything given.")
class OfferFilter:
    status: OfferStatus | None = optional("Where the offer stands.")
    product_id: ID | None = optional("The product that it is for.")
