"""Filter and sort inputs of connections. A viewer can't filter or sort by a field that is hidden from it."""

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


@strawberry.input(description="Filters audit events. An item must match every given field.")
class AuditEventFilter:
    kind: AuditKind | None = optional("Matches the kind of event.")


@strawberry.input(description="Filters companies. An item must match every given field.")
class CompanyFilter:
    company_type: CompanyType | None = optional("Matches the line of business.")
    account_kind: AccountKind | None = optional("Matches the kind of account. Only the operator's staff can use this filter.")


@strawberry.input(description="The sort order of companies.")
class CompanyOrder:
    field: CompanyOrderField = strawberry.field(description="The field to sort by.")
    direction: Direction = strawberry.field(default=Direction.ASC, description="The sort direction.")


@strawberry.input(description="Filters managed accounts. An item must match every given field.")
class ManagedAccountFilter:
    account_name: str | None = optional("Matches the complete account name.")
    supported_by: SupportedBy | None = optional("Matches who provides technical support.")


@strawberry.input(description="Filters Marketplace profiles. An item must match every given field.")
class MarketplaceProfileFilter:
    provider_type: str | None = optional("Matches the code of a provider type.")
    service_type: str | None = optional("Matches the code of a service type.")


@strawberry.input(description="Filters invoices. An item must match every given field.")
class InvoiceFilter:
    period_from: date | None = optional("Matches periods that begin on or after this date.")
    period_to: date | None = optional("Matches periods that begin on or before this date.")


@strawberry.input(description="The sort order of invoices.")
class InvoiceOrder:
    field: InvoiceOrderField = strawberry.field(description="The field to sort by.")
    direction: Direction = strawberry.field(default=Direction.ASC, description="The sort direction.")


@strawberry.input(description="Filters locations. An item must match every given field.")
class LocationFilter:
    metro: str | None = optional("Matches the metropolitan area.")
    country: str | None = optional("Matches the ISO 3166-1 alpha-2 country code.")
    market: str | None = optional("Matches the code of the billing market.")
    status: LocationStatus | None = optional("Matches the status.")
    speed_mbps: int | None = optional("Matches locations that offer this port speed, in Mbps.")


@strawberry.input(description="Filters Marketplace ports. An item must match every given field.")
class MarketplacePortFilter:
    location_id: ID | None = optional("Matches the location of the port.")
    speed_mbps: int | None = optional("Matches the port speed, in Mbps.")


@strawberry.input(description="A range of amounts in one currency.")
class MoneyRange:
    currency: str = strawberry.field(description="The currency, as an ISO 4217 code.")
    at_least: Decimal | None = optional("The smallest amount to match, in major units.")
    at_most: Decimal | None = optional("The largest amount to match, in major units.")


@strawberry.input(description="Filters order approvals. An item must match every given field.")
class OrderApprovalFilter:
    status: OrderApprovalStatus | None = optional("Matches the status of the order.")


@strawberry.input(description="Filters ports. An item must match every given field.")
class PortFilter:
    status: PortStatus | None = optional("Matches the lifecycle status.")
    visibility: PortVisibility | None = optional("Matches the Marketplace visibility.")
    location_id: ID | None = optional("Matches the location.")
    speed_mbps: int | None = optional("Matches the port speed, in Mbps.")
    monthly_rate: MoneyRange | None = optional("Matches the recurring monthly charge. Requires access to prices.")


@strawberry.input(description="The sort order of ports.")
class PortOrder:
    field: PortOrderField = strawberry.field(description="The field to sort by.")
    direction: Direction = strawberry.field(default=Direction.ASC, description="The sort direction.")


@strawberry.input(description="Filters products. An item must match every given field.")
class ProductFilter:
    kind: ProductKind | None = optional("Matches the kind of product.")
    visibility: ProductVisibility | None = optional("Matches the visibility.")
    category: ServiceCategory | None = optional("Matches products in this category.")


@strawberry.input(description="Filters offers. An item must match every given field.")
class OfferFilter:
    status: OfferStatus | None = optional("Matches the status.")
    product_id: ID | None = optional("Matches the product.")
