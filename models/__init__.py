"""The database models: one file per concept, with its table, its lifecycle and its invariants.

Importing this package imports every table, so `Base.metadata` is always complete. Start reading at `base.py`.
"""

from models.agreement import Agreement
from models.audit_event import AuditEvent
from models.base import Base
from models.billing_market import BillingMarket
from models.company import Company
from models.connection_request import ConnectionRequest
from models.dealing import Dealing
from models.idempotent_request import IdempotentRequest
from models.image import Image
from models.inquiry import Inquiry
from models.invoice import Invoice, InvoiceLine
from models.location import Location
from models.mail import Mail
from models.managed_account import ManagedAccount, PartnerDefaults
from models.marketplace_profile import MarketplaceProfile, ProfileSlug, ProviderType, ServiceType
from models.membership import Membership
from models.notification import Notification
from models.offer import Instalment, Offer, OfferBuyer, OfferDimension
from models.order_approval import OrderApproval
from models.port import Port
from models.price import Price
from models.product import ChangeRequest, Product, ProductDimension, ProductRevision, ProductTestAccount
from models.support_details import SupportDetails
from models.user import User

__all__ = [
    "Agreement",
    "AuditEvent",
    "Base",
    "BillingMarket",
    "ChangeRequest",
    "Company",
    "ConnectionRequest",
    "Dealing",
    "IdempotentRequest",
    "Image",
    "Inquiry",
    "Instalment",
    "Invoice",
    "InvoiceLine",
    "Location",
    "Mail",
    "ManagedAccount",
    "MarketplaceProfile",
    "Membership",
    "Notification",
    "Offer",
    "OfferBuyer",
    "OfferDimension",
    "OrderApproval",
    "PartnerDefaults",
    "Port",
    "Price",
    "Product",
    "ProductDimension",
    "ProductRevision",
    "ProductTestAccount",
    "ProfileSlug",
    "ProviderType",
    "ServiceType",
    "SupportDetails",
    "User",
]
