"""How tests try each action of a type: with the mutation that performs it, and an input that changes as little as possible."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from resolvers.values.identifiers import Identifier, parse

REFUSALS: Final = {
    *("FORBIDDEN", "COMPANY_NOT_VERIFIED", "NOT_FOUND", "ILLEGAL_STEP", "PORT_NOT_ACTIVE", "PRODUCT_NOT_AVAILABLE"),
}
DEMARCATION: Final = {"cage": "C1", "rack": "R2", "panel": "P3", "ports": "5/6"}
UNKNOWN_LOCATION_ID: Final = "bG8Bfh7zyAB3b6mmBduztwZA"  # the id of a location that doesn't exist

Thing = Mapping[str, Any]  # its id, and for a port the fields that attempts change


@dataclass(frozen=True)
class Attempt:
    """A mutation, and the input fields whose errors mean that the viewer lacks the right, or that the record's state forbids it."""

    mutation: str
    values: Callable[[Thing], dict[str, Any]]
    fields: tuple[str, ...] = ("id",)
    deletes: bool = False  # the record

    def is_refused(self, errors: list[dict[str, Any]]) -> bool:
        """Whether the viewer lacks the right, or the state forbids it. Other errors of the input don't count."""
        return any(
            error["code"] in REFUSALS and (error["field"] is None or error["field"][0] in self.fields) for error in errors
        )


def _by_id(mutation: str, **more: Any) -> Attempt:
    return Attempt(mutation, lambda thing: {"id": thing["id"], **more})


def _of_company(mutation: str, **more: Any) -> Attempt:
    return Attempt(mutation, lambda thing: {"companyId": thing["id"], **more}, ("companyId",))


def _of_product(mutation: str, **more: Any) -> Attempt:
    return Attempt(mutation, lambda thing: {"productId": thing["id"], **more}, ("productId",))


def _changing(name: str = "name", values: tuple[Any, Any] = ("A", "B")) -> Attempt:
    """A port's change to another value, with a version that it doesn't have, so that nothing is stored."""

    def input_of(thing: Thing) -> dict[str, Any]:
        return {"id": thing["id"], "version": -1, name: next(value for value in values if value != thing[name])}

    return Attempt("updatePort", input_of, ("id", name))


def _connection(end: str, **more: Any) -> Attempt:
    """A request between a port and itself, which is invalid."""

    def values(thing: Thing) -> dict[str, Any]:
        key = parse(thing["id"], "id").key
        ends = {"portId": str(Identifier("Port", key)), "targetPortId": str(Identifier("MarketplacePort", key))}
        return {**ends, "name": "Sample", "rateLimitMbps": 0, **more}

    return Attempt("requestConnection", values, (end,))


ORDER: Final = {"locationId": UNKNOWN_LOCATION_ID, "name": "Sample", "speedMbps": 1_000, "termMonths": 12}
ATTEMPTS: Final[Mapping[tuple[str, str], Attempt]] = {
    ("Port", "UPDATE"): _changing(),
    ("Port", "PUBLISH"): _changing("visibility", ("PUBLIC", "PRIVATE")),
    ("Port", "CHANGE_TERM"): _changing("termMonths", (12, 24)),
    ("Port", "CANCEL"): _by_id("cancelPort"),
    ("Port", "DISABLE"): _by_id("disablePort"),
    ("Port", "ENABLE"): _by_id("enablePort"),
    ("Port", "DECOMMISSION"): _by_id("decommissionPort"),
    ("Port", "ALLOCATE"): _by_id("allocatePort", demarcation=DEMARCATION),
    ("Port", "ACTIVATE"): _by_id("activatePort"),
    ("Port", "CONNECT"): _connection("portId"),
    ("MarketplacePort", "CONNECT"): _connection("targetPortId"),
    ("ConnectionRequest", "ANSWER"): _by_id("denyConnection"),
    ("ConnectionRequest", "WITHDRAW"): _by_id("withdrawConnection"),
    ("OrderApproval", "APPROVE"): _by_id("approveOrder"),
    ("OrderApproval", "REJECT"): _by_id("rejectOrder", comment="No."),
    ("OrderApproval", "WITHDRAW"): _by_id("withdrawOrder"),
    ("ApiKey", "REVOKE"): _by_id("revokeApiKey"),
    ("WebhookEndpoint", "UPDATE"): _by_id("updateWebhookEndpoint", version=-1),
    ("WebhookEndpoint", "DELETE"): Attempt("deleteWebhookEndpoint", lambda thing: {"id": thing["id"]}, deletes=True),
    ("WebhookEndpoint", "ROTATE_SECRET"): _by_id("rotateWebhookSecret"),
    ("WebhookEndpoint", "TEST"): _by_id("testWebhookEndpoint"),
    ("WebhookDelivery", "REPLAY"): _by_id("replayWebhookDelivery"),
    ("Export", "CANCEL"): _by_id("cancelExport"),
    ("ManagedAccount", "UPDATE_MANAGED_ACCOUNT"): _by_id("updateManagedAccount", version=-1),
    ("ManagedAccount", "UPDATE_MANAGED_ACCOUNT_SETTINGS"): _by_id("updateManagedAccountSettings", version=-1, settings={}),
    ("MarketplaceProfile", "INQUIRE"): Attempt(
        "sendInquiry",
        lambda thing: {"profileId": thing["id"], "name": "Sam", "email": "nowhere", "message": "?"},
        ("profileId",),
    ),
    ("Invitation", "REVOKE"): Attempt("revokeInvitation", lambda thing: {"id": thing["id"]}, deletes=True),
    ("Invitation", "ACCEPT"): Attempt("acceptInvitation", lambda thing: {"id": thing["id"]}, deletes=True),
    ("Membership", "UPDATE"): _by_id("updateMember", roles=[]),
    ("Membership", "REMOVE"): Attempt("removeMember", lambda thing: {"id": thing["id"]}, deletes=True),
    ("Notification", "MARK_READ"): _by_id("markNotificationsRead"),
    ("Company", "UPDATE_COMPANY_PROFILE"): _of_company("updateCompanyProfile", version=-1),
    ("Company", "UPDATE_SUPPORT_DETAILS"): _of_company("updateSupportDetails", version=-1),
    ("Company", "SAVE_MARKETPLACE_PROFILE"): _of_company("saveMarketplaceProfile", version=-1),
    ("Company", "PUBLISH_MARKETPLACE_PROFILE"): Attempt(
        "saveMarketplaceProfile",
        lambda thing: {"companyId": thing["id"], "version": -1, "visibility": "PUBLIC"},
        ("companyId", "visibility"),
    ),
    ("Company", "SET_BILLING_MARKET"): _of_company("setBillingMarket", market="XX", enabled=True),
    ("Company", "CREATE_API_KEY"): _of_company("createApiKey", name="Sample", roles=[]),
    ("Company", "CREATE_WEBHOOK_ENDPOINT"): _of_company("createWebhookEndpoint", url="nowhere", events=[], roles=[]),
    ("Company", "SET_IDENTITY_ISSUER"): _of_company("setIdentityIssuer", issuer="nowhere"),
    ("Company", "SET_PORTAL_ORIGINS"): _of_company("setPortalOrigins", version=-1, origins=[]),
    ("Company", "VERIFY_PORTAL_ORIGIN"): _of_company("verifyPortalOrigin", origin="nowhere"),
    ("Company", "SAVE_PORTAL_APPEARANCE"): _of_company("savePortalAppearance", version=-1),
    ("Company", "REGISTER_SELLER"): _of_company(
        "registerSeller", bankAccountCountry="DE", bankAccountNumber="nowhere", accountHolder="Sample"
    ),
    ("Company", "INVITE_MEMBER"): _of_company("inviteMember", email="nowhere", roles=[]),
    ("Company", "SUBMIT_VERIFICATION"): _of_company("submitVerification", certificateId="nowhere"),
    ("Company", "VERIFY"): _of_company("verifyCompany"),
    ("Company", "REJECT"): _of_company("rejectCompany", reason="Unreadable."),
    ("Company", "SET_DISTRIBUTION_AGREEMENT"): _of_company("setDistributionAgreement", agreed=True),
    ("Company", "SET_PUBLISHER_RIGHTS"): _of_company("setPublisherRights", autoPublish=True),
    ("Company", "CREATE_PRODUCT"): _of_company("createProduct", kind="SERVICE", title=""),
    ("Product", "REVISE"): _of_product("reviseProduct", title=""),
    ("Product", "ADD_DIMENSIONS"): _of_product("addProductDimensions", dimensions=[]),
    ("Product", "CHANGE_VISIBILITY"): _of_product("changeProductVisibility", visibility="REMOVED"),
    ("Product", "MAKE_OFFER"): _of_product("createOffer", name="", paymentModel="UPFRONT", currency="EUR"),
    ("Product", "REQUEST_OFFER"): _of_product("requestOffer", contactEmail="nowhere"),
    ("Offer", "UPDATE"): _by_id("updateOffer", version=-1),
    ("Offer", "PUBLISH"): _by_id("publishOffer"),
    ("Offer", "APPROVE"): _by_id("approveOffer"),
    ("Offer", "REJECT"): _by_id("rejectOffer", reason=" "),
    ("Offer", "EXTEND"): _by_id("extendOffer", expiresOn="2000-01-01"),
    ("Offer", "WITHDRAW"): _by_id("withdrawOffer"),
    ("Agreement", "CANCEL"): _by_id("cancelAgreement", reason=" "),
    ("Lead", "UPDATE"): _by_id("updateLead", version=-1, status="CLOSED"),
    ("Lead", "ADD_NOTE"): _by_id("addLeadNote", text=" "),
    ("ChangeRequest", "APPROVE"): _by_id("approveChangeRequest", checks=[]),
    ("ChangeRequest", "REJECT"): _by_id("rejectChangeRequest", problems=[]),
    ("ChangeRequest", "COMMENT"): _by_id("commentChangeRequest", text=" "),
    ("ChangeRequest", "WITHDRAW"): Attempt(
        "withdrawSubmission", lambda thing: {"changeRequestId": thing["id"]}, ("changeRequestId",)
    ),
    ("ChangeRequest", "RESUBMIT"): _by_id("resubmitChangeRequest"),
    ("Company", "ORDER_PORT"): _of_company("orderPort", **ORDER),
    ("Company", "PUBLISH_PORT"): Attempt(
        "orderPort", lambda thing: {"companyId": thing["id"], **ORDER, "visibility": "PUBLIC"}, ("companyId", "visibility")
    ),
}
# Mutations for the viewer's own company, whose input has no company id.
OWN_COMPANY_ATTEMPTS: Final[Mapping[str, Attempt]] = {
    "CREATE_MANAGED_ACCOUNT": Attempt(
        "createManagedAccount",
        lambda _: {"accountName": "", "supportedBy": "PARTNER", "company": {"tradingName": "", "legalName": "", "country": ""}},
        (),
    ),
    "START_EXPORT": Attempt("startExport", lambda _: {"query": "{", "format": "CSV"}, ()),
    "UPDATE_PARTNER_DEFAULTS": Attempt("updatePartnerDefaults", lambda _: {"version": -1}, ()),
}
UNTRIED: Final[Mapping[str, str]] = {  # actions, or a type and an action
    "READ": "a query does it",
    "ProductRevision SUBMIT": "its input names the product: tests/rules/test_product_changes.py",
    "ProductRevision PUBLISH": "its input names the product: tests/rules/test_product_changes.py",
    "Offer ACCEPT": "it's taken on the offer and on the buyer: tests/rules/test_accept_offer.py",
    "ACCEPT_OFFER": "its input names the offer: tests/rules/test_accept_offer.py",
    "Company REQUEST_OFFER": "its input names the product: tests/rules/test_lead.py",
    "UPLOAD": "an upload does it",
    "VIEW_AS": "a query does it",
    "VIEW_AS_ADMINISTRATOR": "a query does it",
    "EXPLAIN": "a query does it",
    "SWITCH_TO": "its input names the company: tests/rules/test_switch_company.py",
    "CHANGE_PASSWORD": "its input names no user: tests/rules/test_password.py",
    "UPDATE_USER": "its input names no user: tests/rules/test_update_user.py",
    "REGISTER_COMPANY": "its input names no user: tests/rules/test_register_company.py",
    "CREATE_EMBED_SESSION": "only an API key does it: tests/rules/test_embed_session.py",
    "ORDER": "it narrows the orderable locations; the mutation checks the payer",
    "ORDER_PORT_DIRECTLY": "it decides the result of ORDER_PORT",
}
