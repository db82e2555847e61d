"""The database models: one file per concept, with its table, its lifecycle and what the gateway derives from it.

Importing this package imports every file in it, so `Base.metadata` and `CONCEPTS` are always complete, and checks that the concepts
agree with the tables. Start reading at `base.py` and `concept.py`.
"""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from models.agreement import Agreement
from models.api_key import ApiKey
from models.audit_event import AuditEvent
from models.base import Base
from models.billing_market import BillingMarket
from models.change_request import ChangeRequest, ReviewComment
from models.company import Company
from models.concept import Concept, check_concepts
from models.connection_request import ConnectionRequest
from models.dealing import Dealing
from models.document import Document
from models.email_token import EmailToken
from models.export import Export, ExportPart
from models.idempotent_request import IdempotentRequest
from models.identity_issuer import FederatedIdentity, IdentityIssuer
from models.image import Image, ImageRendition
from models.inquiry import Inquiry
from models.invitation import Invitation
from models.invoice import Invoice, InvoiceLine
from models.lead import Lead, LeadNote
from models.lifecycle import Staged
from models.location import Location
from models.mail import Mail
from models.managed_account import ManagedAccount, PartnerDefaults
from models.marketplace_profile import MarketplaceProfile, ProfileSlug, ProviderType, ServiceType
from models.membership import Membership
from models.notification import Notification
from models.offer import Instalment, Offer, OfferBuyer, OfferDimension
from models.offer_document import OfferDocument
from models.order_approval import OrderApproval
from models.port import Port
from models.portal_appearance import PortalAppearance
from models.portal_origin import PortalOrigin
from models.price import Price
from models.product import Product, ProductDimension, ProductSlug, ProductTestAccount
from models.product_revision import ProductRevision
from models.seller_registration import SellerRegistration
from models.session import Session
from models.sign_in_attempt import SignInAttempt
from models.support_details import SupportDetails
from models.user import User
from models.webhook_endpoint import WebhookChange, WebhookDelivery, WebhookEndpoint

__all__ = [
    "CONCEPTS",
    "STAGED",
    "Agreement",
    "ApiKey",
    "AuditEvent",
    "Base",
    "BillingMarket",
    "ChangeRequest",
    "Company",
    "Concept",
    "ConnectionRequest",
    "Dealing",
    "Document",
    "EmailToken",
    "Export",
    "ExportPart",
    "FederatedIdentity",
    "IdempotentRequest",
    "IdentityIssuer",
    "Image",
    "ImageRendition",
    "Inquiry",
    "Instalment",
    "Invitation",
    "Invoice",
    "InvoiceLine",
    "Lead",
    "LeadNote",
    "Location",
    "Mail",
    "ManagedAccount",
    "MarketplaceProfile",
    "Membership",
    "Notification",
    "Offer",
    "OfferBuyer",
    "OfferDimension",
    "OfferDocument",
    "OrderApproval",
    "PartnerDefaults",
    "Port",
    "PortalAppearance",
    "PortalOrigin",
    "Price",
    "Product",
    "ProductDimension",
    "ProductRevision",
    "ProductSlug",
    "ProductTestAccount",
    "ProfileSlug",
    "ProviderType",
    "ReviewComment",
    "SellerRegistration",
    "ServiceType",
    "Session",
    "SignInAttempt",
    "SupportDetails",
    "User",
    "WebhookChange",
    "WebhookDelivery",
    "WebhookEndpoint",
]


def _declared() -> Iterator[Concept]:
    """Yield the concepts of all model files."""
    for module in iter_modules(__path__):
        yield from getattr(import_module(f"{__name__}.{module.name}"), "CONCEPTS", ())


def _staged() -> Iterator[type[Staged]]:
    """Yield the models with a lifecycle."""
    yield from (mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, Staged))


CONCEPTS: Final = tuple(sorted(_declared(), key=lambda concept: concept.name))
"""The concepts of all model files."""
check_concepts(CONCEPTS)
STAGED: Final = tuple(sorted(_staged(), key=lambda model: model.__name__))
"""The models with a lifecycle."""
