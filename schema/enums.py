"""The closed lists of words of the API, as the models have them."""

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


@strawberry.enum(description="The direction of an order.")
class Direction(StrEnum):
    """Upwards or downwards."""

    ASC = "ASC"
    DESC = "DESC"


@strawberry.enum(description="What companies can be ordered by.")
class CompanyOrderField(StrEnum):
    """Orders of companies."""

    TRADING_NAME = "TRADING_NAME"


@strawberry.enum(description="What invoices can be ordered by.")
class InvoiceOrderField(StrEnum):
    """Orders of invoices."""

    PERIOD = "PERIOD"


@strawberry.enum(
    description="What ports can be ordered by. By monthly rate, within each currency, only for viewers who see prices."
)
class PortOrderField(StrEnum):
    """Orders of ports."""

    CREATED_AT = "CREATED_AT"
    NAME = "NAME"
    SPEED_MBPS = "SPEED_MBPS"
    MONTHLY_RATE = "MONTHLY_RATE"


DESCRIPTIONS: Final = {
    AccountKind: "Whom a company works with: the operator itself, or a partner that manages its account.",
    AuditKind: "What an audit event tells of: a change, something that was denied, that decisions were explained, that audited fields"
    " were read, or that somebody looked as another.",
    CompanyType: "What a company does.",
    ConnectionRequestStatus: "What became of a connection request.",
    DiversityZone: "One of two zones of a location that share no equipment.",
    LocationStatus: "Where a location stands. Ports are ordered in ACTIVE ones only.",
    MediaType: "The format of an image.",
    MemberRole: "What a member does for its company. REVIEWER and SUPPORT are the operator's staff.",
    NotificationKind: "What a notification is about.",
    OfferStatus: "Where a private offer stands. Buyers meet it from its publication on.",
    OrderApprovalStatus: "What became of a managed account's order that needs its partner's approval.",
    PaymentModel: "One payment for the dimensions chosen, or one dimension by a schedule.",
    PortStatus: "Where a port stands. Connections are made between ACTIVE ones.",
    PortVisibility: "Whether the Marketplace shows a port, provided that its company's profile is public.",
    PriceKind: "What a price is of.",
    ProductKind: "What is advertised.",
    ProductVisibility: "Who finds a product: its seller and whom it asks in, everybody, or its existing users.",
    ProfileVisibility: "PRIVATE until it is finished, PUBLIC to be seen.",
    QuoteProblem: "What keeps a line of a quote from being ordered by the viewer's company: the location is not ACTIVE, it does not"
    " offer the speed, the company that pays has not enabled its billing market, or it has no price.",
    ServiceCategory: "The main categories of professional services.",
    SettingSource: "Where the effective value of a setting comes from.",
    SupportedBy: "Who gives a managed account its technical support.",
}
for kind, text in DESCRIPTIONS.items():
    strawberry.enum(kind, description=text)
