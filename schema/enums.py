"""The enums of the API. The models define most of them."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import strawberry

from models.audit_event import AuditKind
from models.company import AccountKind, CompanyType
from models.connection_request import ConnectionRequestStatus
from models.image import MediaType
from models.location import LocationStatus
from models.managed_account import SettingSource, SupportedBy
from models.marketplace_profile import ProfileVisibility
from models.membership import MemberRole
from models.notification import NotificationKind
from models.offer import OfferStatus, PaymentModel
from models.order_approval import OrderApprovalStatus
from models.port import DiversityZone, PortStatus, PortVisibility
from models.price import PriceKind
from models.product import ProductKind, ProductVisibility, ServiceCategory
from resolvers.price import QuoteProblem

__all__ = [
    "AccountKind",
    "AuditKind",
    "CompanyOrderField",
    "CompanyType",
    "ConnectionRequestStatus",
    "Direction",
    "DiversityZone",
    "InvoiceOrderField",
    "LocationStatus",
    "MediaType",
    "MemberRole",
    "NotificationKind",
    "OfferStatus",
    "OrderApprovalStatus",
    "PaymentModel",
    "PortOrderField",
    "PortStatus",
    "PortVisibility",
    "PriceKind",
    "ProductKind",
    "ProductVisibility",
    "ProfileVisibility",
    "QuoteProblem",
    "ServiceCategory",
    "SettingSource",
    "SupportedBy",
]


@strawberry.enum(description="The direction of a sort order.")
class Direction(StrEnum):
    """Sort directions."""

    ASC = "ASC"
    DESC = "DESC"


@strawberry.enum(description="The fields that companies can be sorted by.")
class CompanyOrderField(StrEnum):
    """Sort fields of companies."""

    TRADING_NAME = "TRADING_NAME"


@strawberry.enum(description="The fields that invoices can be sorted by.")
class InvoiceOrderField(StrEnum):
    """Sort fields of invoices."""

    PERIOD = "PERIOD"


@strawberry.enum(
    description="The fields that ports can be sorted by. Sorting by monthly rate groups ports by currency, and "
    "requires access to prices."
)
class PortOrderField(StrEnum):
    """Sort fields of ports."""

    CREATED_AT = "CREATED_AT"
    NAME = "NAME"
    SPEED_MBPS = "SPEED_MBPS"
    MONTHLY_RATE = "MONTHLY_RATE"


DESCRIPTIONS: Final = {
    AccountKind: "The kind of a company's account: direct with the operator, a partner, managed by a partner, or "
    "the operator itself.",
    AuditKind: "The kind of an audit event: a change, a denial, an explained decision, a read of audited fields, "
    "or a view-as request.",
    CompanyType: "A company's line of business.",
    ConnectionRequestStatus: "The status of a connection request.",
    DiversityZone: "One of a location's two zones, which share no equipment.",
    LocationStatus: "The status of a location. Ports can be ordered only in ACTIVE locations.",
    MediaType: "The file format of an image.",
    MemberRole: "A member's role in a company. REVIEWER and SUPPORT are roles of the operator's staff.",
    NotificationKind: "The subject of a notification.",
    OfferStatus: "The status of a private offer. Buyers can see it once it is published.",
    OrderApprovalStatus: "The status of an order that needs a partner's approval.",
    PaymentModel: "How an offer is paid: in one payment for the chosen dimensions, or for one dimension in instalments.",
    PortStatus: "The lifecycle status of a port. Connections can be made only between ACTIVE ports.",
    PortVisibility: "Whether the Marketplace shows a port. The company's profile must also be public.",
    PriceKind: "The kind of item that a price applies to.",
    ProductKind: "The kind of a product.",
    ProductVisibility: "Who can see a product: its seller and invited companies, everyone, or existing users.",
    ProfileVisibility: "Whether a Marketplace profile is public.",
    QuoteProblem: "Why the viewer's company can't order a quoted item: the location isn't ACTIVE, it doesn't offer "
    "the speed, the paying company hasn't enabled the billing market, or there is no price.",
    ServiceCategory: "A main category of professional services.",
    SettingSource: "The source of a setting's effective value.",
    SupportedBy: "Who provides a managed account's technical support.",
}
for kind, text in DESCRIPTIONS.items():
    strawberry.enum(kind, description=text)
