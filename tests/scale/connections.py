"""All connections of the schema: how to query each, its orders, its filters and its parents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ORDERED: Final = "orderBy: {{field: {}, direction: {}}}"
CAST: Final = """
    SELECT m.company_id FROM membership m JOIN app_user u ON u.id = m.user_id WHERE u.email IN ('admin@partner.example',
    'hidden@managed.example', 'shown@managed.example', 'network@direct.example', 'reviewer@operator.example')
"""


@dataclass(frozen=True)
class Root:
    """A root connection in one order. `columns` are its sort columns before the key."""

    field: str
    entity: str
    arguments: str = ""
    order: str = "KEY"
    direction: str = "ASC"
    columns: tuple[str, ...] = ()

    @property
    def scope(self) -> str:
        """The scope that binds a cursor to this connection and order."""
        return f"{self.entity} {self.order} {self.direction}"

    def __str__(self) -> str:
        return f"{self.field} {self.arguments}"


@dataclass(frozen=True)
class Filter:
    """A filter of a connection, with a value that matches few rows of the large market and one that matches many.

    A value can be SQL in parentheses that returns a code, or the key of an `entity`.
    """

    field: str
    name: str
    few: str
    many: str
    entity: str | None = None
    arguments: str = ""

    def __str__(self) -> str:
        return f"{self.field} {self.name}"


def _in_order(field: str, entity: str, order: str, *columns: str) -> list[Root]:
    return [Root(field, entity, ORDERED.format(order, way), order, way, columns) for way in ("ASC", "DESC")]


ROOTS: Final = (
    Root("companies", "Company"),
    *_in_order("companies", "Company", "TRADING_NAME", "trading_name"),
    *_in_order("companies", "Company", "VERIFICATION_DUE_AT", "verification_due_key"),
    Root("managedAccounts", "ManagedAccount"),
    Root("marketplaceProfiles", "MarketplaceProfile"),
    Root("auditEvents", "AuditEvent", direction="DESC"),
    Root("inquiries", "Inquiry", direction="DESC"),
    Root("locations", "Location"),
    Root("locations", "Location", "orderable: true"),
    Root("ports", "Port"),
    *_in_order("ports", "Port", "CREATED_AT", "created_at"),
    *_in_order("ports", "Port", "NAME", "name"),
    *_in_order("ports", "Port", "SPEED_MBPS", "speed_mbps"),
    *_in_order("ports", "Port", "MONTHLY_RATE", "currency", "monthly_rate"),
    Root("connectionRequests", "ConnectionRequest"),
    Root("invoices", "Invoice"),
    *_in_order("invoices", "Invoice", "PERIOD", "period_start"),
    Root("marketplacePorts", "MarketplacePort"),
    Root("orderApprovals", "OrderApproval"),
    Root("products", "Product"),
    Root("productRevisions", "ProductRevision"),
    Root("changeRequests", "ChangeRequest"),
    Root("offers", "Offer"),
    *_in_order("offers", "Offer", "EXPIRES_ON", "expiry_key"),
    Root("agreements", "Agreement"),
    Root("leads", "Lead", direction="DESC"),
    Root("exports", "Export", direction="DESC"),
    Root("notifications", "Notification", direction="DESC"),
    Root("notifications", "Notification", "unread: true", direction="DESC"),
)
_CODE: Final = "(SELECT code FROM {}_type ORDER BY code LIMIT 1 OFFSET {})"
_OFTEN: Final = "(SELECT {column} FROM {table} GROUP BY 1 ORDER BY count(*) {way}, 1 LIMIT 1)"


def _rarest_and_most_common(column: str, table: str) -> tuple[str, str]:
    """Return the values of a column that the fewest and the most rows have, as SQL."""
    rarest, most_common = (_OFTEN.format(column=column, table=table, way=way) for way in ("ASC", "DESC"))
    return rarest, most_common


_PLACES: Final = _rarest_and_most_common("location_id", "port")
_PRODUCTS: Final = _rarest_and_most_common("product_id", "offer")
_TIME: Final = "(SELECT {}(created_at)::text FROM port)"
_PERIOD: Final = "(SELECT {}(period_start)::text FROM invoice)"
_DAY: Final = "(SELECT {}(expires_on)::text FROM offer)"
_IN_ORDER_OF_RATE: Final = "orderBy: {field: MONTHLY_RATE}"
FILTERS: Final = (
    Filter("companies", "search", '"a1"', '"sample"'),
    Filter("managedAccounts", "search", '"2 accou"', '"account"'),
    Filter("locations", "search", '"1 scale"', '"scale"'),
    Filter("ports", "search", '"port abc"', '"port"'),
    Filter("auditEvents", "kind", "VIEW_AS", "DENIAL"),
    Filter("auditEvents", "kinds", "[VIEW_AS]", "[DENIAL, CHANGE]"),
    Filter("companies", "companyType", "INTERNET_EXCHANGE", "CLOUD"),
    Filter("companies", "accountKind", "PARTNER", "DIRECT"),
    Filter("companies", "accountKinds", "[PARTNER]", "[DIRECT, MANAGED]"),
    Filter("companies", "verificationStatus", "PENDING", "VERIFIED"),
    Filter("managedAccounts", "accountName", '"Account 2"', '"Account 8"'),
    Filter("managedAccounts", "supportedBy", "OPERATOR", "PARTNER"),
    Filter("marketplaceProfiles", "providerType", _CODE.format("provider", 0), _CODE.format("provider", 1)),
    Filter("marketplaceProfiles", "serviceType", _CODE.format("service", 0), _CODE.format("service", 1)),
    Filter("marketplaceProfiles", "providerTypes", _CODE.format("provider", 0), _CODE.format("provider", 1)),
    Filter("marketplaceProfiles", "serviceTypes", _CODE.format("service", 0), _CODE.format("service", 1)),
    Filter("locations", "metro", '"Rare"', '"Common"'),
    Filter("locations", "country", '"LU"', '"DE"'),
    Filter("locations", "market", '"LU"', '"DE"'),
    Filter("locations", "status", "EXPIRED", "ACTIVE"),
    Filter("locations", "speedMbps", "400000", "1000"),
    Filter("companies", "companyTypes", "[INTERNET_EXCHANGE]", "[CLOUD, ENTERPRISE]"),
    Filter("locations", "metros", '["Rare"]', '["Common", "Rare"]'),
    Filter("locations", "countries", '["LU"]', '["DE", "LU"]'),
    Filter("locations", "markets", '["LU"]', '["DE", "LU"]'),
    Filter("locations", "statuses", "[EXPIRED]", "[ACTIVE, EXPIRED]"),
    Filter("orderApprovals", "statuses", "[EXPIRED]", "[PENDING, APPROVED]"),
    Filter("productRevisions", "statuses", "[APPROVED]", "[PUBLISHED, DRAFT]"),
    Filter("changeRequests", "statuses", "[UNDER_REVIEW]", "[SUCCEEDED, FAILED]"),
    Filter("agreements", "statuses", "[CANCELLED]", "[ACTIVE, ENDED]"),
    Filter("leads", "statuses", "[DELIVERED]", "[NEW, CLOSED]"),
    Filter("connectionRequests", "status", "DENIED", "PENDING"),
    Filter("connectionRequests", "statuses", "[DENIED]", "[PENDING, ACCEPTED]"),
    Filter("connectionRequests", "requesterId", *_rarest_and_most_common("company_id", "connection_request"), "Company"),
    Filter("connectionRequests", "providerId", *_rarest_and_most_common("provider_id", "connection_request"), "Company"),
    Filter("ports", "status", "CANCELLED", "ACTIVE"),
    Filter("ports", "statuses", "[CANCELLED, DISABLED]", "[ACTIVE, REQUESTED, ALLOCATED]"),
    Filter("ports", "locationIds", *_PLACES, "Location"),
    Filter("ports", "metros", '["Rare"]', '["Common", "Rare"]'),
    Filter("ports", "speeds", "[400000]", "[1000, 10000, 100000]"),
    Filter("ports", "createdAfter", _TIME.format("max"), _TIME.format("min")),
    Filter("ports", "createdBefore", _TIME.format("min"), _TIME.format("max")),
    Filter("ports", "companyId", *_rarest_and_most_common("company_id", "port"), "Company"),
    Filter("ports", "managedBy", *_rarest_and_most_common("partner_id", "port WHERE partner_id IS NOT NULL"), "Company"),
    Filter("ports", "visibility", "PUBLIC", "PRIVATE"),
    Filter("ports", "locationId", *_PLACES, "Location"),
    Filter("ports", "speedMbps", "400000", "1000"),
    Filter(
        "ports",
        "monthlyRate",
        '{currency: "JPY", atLeast: 1}',
        '{currency: "EUR", atMost: 900}',
        arguments=_IN_ORDER_OF_RATE,
    ),
    Filter("invoices", "companyId", *_rarest_and_most_common("company_id", "invoice"), "Company"),
    Filter("invoices", "periodFrom", _PERIOD.format("max"), _PERIOD.format("min")),
    Filter("invoices", "periodTo", _PERIOD.format("min"), _PERIOD.format("max")),
    Filter("marketplacePorts", "locationId", *_PLACES, "Location"),
    Filter("marketplacePorts", "speedMbps", "400000", "1000"),
    Filter("marketplacePorts", "locationIds", *_PLACES, "Location"),
    Filter("marketplacePorts", "metros", '["Rare"]', '["Common", "Rare"]'),
    Filter("marketplacePorts", "speeds", "[400000]", "[1000, 10000, 100000]"),
    Filter("orderApprovals", "status", "EXPIRED", "PENDING"),
    Filter("products", "kind", "APPLICATION", "SERVICE"),
    Filter("products", "visibility", "REMOVED", "PUBLIC"),
    Filter("products", "category", "TRAINING", "ASSESSMENTS"),
    Filter("products", "categories", "[TRAINING, PREMIUM_SUPPORT]", "[ASSESSMENTS, IMPLEMENTATION]"),
    Filter(
        "products",
        "sellerId",
        *_rarest_and_most_common("company_id", "product"),
        "Company",
    ),
    Filter("productRevisions", "status", "APPROVED", "PUBLISHED"),
    Filter("productRevisions", "productId", *_PRODUCTS, "Product"),
    Filter("changeRequests", "status", "UNDER_REVIEW", "SUCCEEDED"),
    Filter("changeRequests", "kind", "UPDATE_INFORMATION", "CREATE"),
    Filter("changeRequests", "kinds", "[UPDATE_INFORMATION]", "[CREATE, UPDATE_INFORMATION]"),
    Filter("changeRequests", "reviewedBy", "OPERATOR", "MACHINE"),
    Filter("changeRequests", "productId", *_PRODUCTS, "Product"),
    Filter("offers", "status", "EXPIRED", "PUBLISHED"),
    Filter("offers", "statuses", "[REJECTED, EXPIRED]", "[DRAFT, PUBLISHED, ACCEPTED]"),
    Filter(
        "offers",
        "buyerId",
        *_rarest_and_most_common("company_id", "offer_buyer"),
        "Company",
    ),
    Filter("offers", "expiresFrom", _DAY.format("max"), _DAY.format("min")),
    Filter("offers", "expiresTo", _DAY.format("min"), _DAY.format("max")),
    Filter(
        "offers",
        "sellerId",
        *_rarest_and_most_common("company_id", "offer"),
        "Company",
    ),
    Filter("agreements", "status", "CANCELLED", "ACTIVE"),
    Filter(
        "agreements",
        "offerId",
        *_rarest_and_most_common("offer_id", "agreement"),
        "Offer",
    ),
    Filter("leads", "status", "DELIVERED", "NEW"),
    Filter("leads", "source", "OFFER_REQUEST", "PROFILE_INQUIRY"),
    Filter("leads", "sources", "[OFFER_REQUEST]", "[PROFILE_INQUIRY, OFFER_REQUEST]"),
    Filter("leads", "productId", *_PRODUCTS, "Product"),
    Filter(
        "offers",
        "productId",
        *_PRODUCTS,
        "Product",
    ),
)
# (parent type, field) of every nested connection
RELATIONS: Final = (
    ("Company", "invoices"),
    ("Company", "managedAccounts"),
    ("Company", "invitations"),
    ("Company", "members"),
    ("Company", "offers"),
    ("Company", "ports"),
    ("Company", "products"),
    ("Company", "receivedOffers"),
    ("Company", "webhookEndpoints"),
    ("MarketplaceProfile", "ports"),
    ("Offer", "agreements"),
    ("Port", "connections"),
    ("Product", "changeRequests"),
    ("Product", "offers"),
    ("Product", "revisions"),
    ("WebhookEndpoint", "deliveries"),
)
# Related lists and single rows, which are read by key
ROWS: Final = {
    "Company": "partner { id } marketplaceProfile { id } billingMarkets { market } supportDetails { email }",
    "Invoice": "company { id } lines { description managedAccount { id } port { id name } }",
    "Offer": "product { id company { id } } seller { id } buyers { id } dimensions { name } instalments { chargeDate }"
    " serviceAgreement { pages }",
    "Agreement": "offer { id } product { id } buyer { id } seller { id } dimensions { name }"
    " instalments { chargeDate } acceptedBy { id }",
    "Lead": "company { id } product { id } requester { id } notes { text author { id } }",
    "Product": "company { id } dimensions { name } testAccounts { id } relatedProducts { id } logo { url } draft { title }",
    "Port": "company { id } location { id } connections(first: 3) { nodes { port { id } targetPort { name provider { id } }"
    " requester { id } provider { id } } }",
    "MarketplaceProfile": "company { members(first: 3) { nodes { user { id email } company { id } } } }"
    " providerTypes { label } serviceTypes { label } logo { url }",
}
# Parents: of the demo companies, of the largest company, and of others, whose rows most viewers can't read
_SAMPLE: Final = "SELECT id FROM company WHERE legal_name IN ('Sample 1', 'Sample 2', 'Sample 13', 'Sample 17', 'Sample 33')"
_MOST: Final = "(SELECT {0} FROM {1} GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 3)"
_SOME: Final = "(SELECT {0} FROM {1} WHERE company_id IN ({2}) ORDER BY md5({0}::text) LIMIT 14)"
PARENTS: Final = {
    "Company": f"({CAST}) UNION ({_SAMPLE})",
    "Invoice": _SOME.format("id", "invoice", CAST),
    "Offer": f"{_SOME.format('id', 'offer', CAST)} UNION {_SOME.format('offer_id', 'offer_buyer', CAST)}",
    "Port": f"{_MOST.format('target_port_id', 'connection_request')} UNION {_MOST.format('port_id', 'connection_request')}"
    f" UNION {_SOME.format('id', 'port', CAST)}",
    "Agreement": _SOME.format("id", "agreement", CAST),
    "Lead": _SOME.format("id", "lead", CAST),
    "Product": f"{_MOST.format('product_id', 'offer')} UNION {_SOME.format('id', 'product', CAST)}",
    "WebhookEndpoint": _SOME.format("id", "webhook_endpoint", CAST),
    "MarketplaceProfile": f"SELECT id FROM marketplace_profile WHERE company_id IN ({CAST} UNION {_SAMPLE})",
}
