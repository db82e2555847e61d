"""Every connection of the schema: how it is asked for, in which orders and with which filters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Root:
    """A connection at the root, and the argument that gives it an order. `columns` are the order's, without the key."""

    field: str
    entity: str
    arguments: str = ""
    order: str = "KEY"
    direction: str = "ASC"
    columns: tuple[str, ...] = ()

    @property
    def scope(self) -> str:
        """What binds a cursor to this connection and order."""
        return f"{self.entity} {self.order} {self.direction}"

    def __str__(self) -> str:
        return f"{self.field}({self.arguments})"


def _ordered(field: str, entity: str, order: str, *columns: str) -> list[Root]:
    return [
        Root(field, entity, f"orderBy: {{field: {order}, direction: {direction}}}", order, direction, columns)
        for direction in ("ASC", "DESC")
    ]


ROOTS: Final = (
    Root("companies", "Company"),
    *_ordered("companies", "Company", "TRADING_NAME", "trading_name"),
    Root("managedAccounts", "ManagedAccount"),
    Root("marketplaceProfiles", "MarketplaceProfile"),
    Root("locations", "Location"),
    Root("locations", "Location", "orderable: true"),
    Root("ports", "Port"),
    *_ordered("ports", "Port", "CREATED_AT"),
    *_ordered("ports", "Port", "NAME", "name"),
    *_ordered("ports", "Port", "SPEED_MBPS", "speed_mbps"),
    *_ordered("ports", "Port", "MONTHLY_RATE", "monthly_rate"),
    Root("marketplacePorts", "MarketplacePort"),
    Root("products", "Product"),
    Root("offers", "Offer"),
)
FEW, MANY = 0, 1
# (connection, filter of it) to a value that few rows of the large market have, and one that most have
FILTERS: Final = {
    ("companies", "Company", "companyType"): ("INTERNET_EXCHANGE", "ENTERPRISE"),
    ("companies", "Company", "accountKind"): ("PARTNER", "DIRECT"),
    ("managedAccounts", "ManagedAccount", "accountName"): ('"Account 2"', '"Account 8"'),
    ("managedAccounts", "ManagedAccount", "supportedBy"): ("OPERATOR", "PARTNER"),
    ("marketplaceProfiles", "MarketplaceProfile", "providerType"): ('"%provider"', '"%provider2"'),
    ("marketplaceProfiles", "MarketplaceProfile", "serviceType"): ('"%service"', '"%service2"'),
    ("locations", "Location", "metro"): ('"Rare"', '"Common"'),
    ("locations", "Location", "country"): ('"LU"', '"DE"'),
    ("locations", "Location", "market"): ('"LU"', '"DE"'),
    ("locations", "Location", "status"): ("EXPIRED", "ACTIVE"),
    ("locations", "Location", "speedMbps"): ("400000", "1000"),
    ("ports", "Port", "status"): ("CANCELLED", "ACTIVE"),
    ("ports", "Port", "visibility"): ("PRIVATE", "PUBLIC"),
    ("ports", "Port", "locationId"): ('"%location"', '"%location2"'),
    ("ports", "Port", "speedMbps"): ("400000", "1000"),
    ("ports", "Port", "monthlyRate"): ('{currency: "JPY", atLeast: 1}', '{currency: "EUR", atMost: 900}'),
    ("marketplacePorts", "MarketplacePort", "locationId"): ('"%location"', '"%location2"'),
    ("marketplacePorts", "MarketplacePort", "speedMbps"): ("400000", "1000"),
    ("products", "Product", "kind"): ("APPLICATION", "SERVICE"),
    ("products", "Product", "visibility"): ("REMOVED", "PUBLIC"),
    ("products", "Product", "category"): ("TRAINING", "ASSESSMENTS"),
    ("offers", "Offer", "status"): ("REJECTED", "PUBLISHED"),
    ("offers", "Offer", "productId"): ('"%product2"', '"%product"'),
}
