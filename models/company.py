"""Companies: buyers, sellers, partners that manage accounts for others, and the operator that runs the gateway.

Database triggers copy `profile_visibility` and `public_products` from the company's profile and products, so policy can
check them without a join.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from choices import CompanyType
from described_enum import DescribedEnum
from models.base import Base, Identified, Versioned, enum_column, now, private
from models.concept import Concept, Link, Scope, SortOrder, always, equals, one_of, steps_of
from models.lifecycle import Lifecycle, Staged, Step, Wait, WaitingSide, partition
from models.marketplace_profile import ProfileVisibility
from models.name_search import name_index, name_search, terms_of


class AccountKind(DescribedEnum):  # R101-R104, X3
    """The kind of a company's account: direct with the operator, a partner, managed by a partner, or the operator itself."""

    DIRECT = "DIRECT", "It deals with the operator itself."
    PARTNER = "PARTNER", "It manages accounts for its customers, and pays for them."
    MANAGED = "MANAGED", "A partner manages its account."
    OPERATOR = "OPERATOR", "It runs this gateway."


class VerificationStatus(DescribedEnum):  # R404, R421-R425, A41
    """Whether the operator has verified a company: not submitted yet, waiting for the operator, verified, or rejected."""

    UNVERIFIED = "UNVERIFIED", "It hasn't submitted its registration yet."
    PENDING = "PENDING", "The operator examines its registration."
    VERIFIED = "VERIFIED", "It can order and publish."
    REJECTED = "REJECTED", "The operator has rejected its registration, with a reason. It can submit another."


VERIFICATION: Final = Lifecycle(
    {
        "submit_verification": Step({VerificationStatus.UNVERIFIED, VerificationStatus.REJECTED}, VerificationStatus.PENDING),
        "verify": Step({VerificationStatus.PENDING}, VerificationStatus.VERIFIED),
        "reject": Step({VerificationStatus.PENDING}, VerificationStatus.REJECTED),
    },
    column="verification_status",
    waits={
        VerificationStatus.UNVERIFIED: Wait(WaitingSide.COMPANY, since=("created_at",)),
        VerificationStatus.PENDING: Wait(
            WaitingSide.OPERATOR, since=("verification_submitted_at", "created_at"), until="verification_due_at"
        ),
        VerificationStatus.REJECTED: Wait(
            WaitingSide.COMPANY, since=("verification_decided_at", "verification_submitted_at", "created_at")
        ),
    },
)
OPEN, CHECKED = partition(
    VerificationStatus,
    {VerificationStatus.UNVERIFIED, VerificationStatus.REJECTED},
    {VerificationStatus.PENDING, VerificationStatus.VERIFIED},
)
OPEN_TYPES: Final = (CompanyType.ENTERPRISE, CompanyType.XAAS)  # available without a distribution agreement (R413, A42)
CERTIFIED: Final = ("legal_name", "registration_number")  # proven by the certificate of registration (R409, R410)
REVIEW_DAYS: Final = 3  # working days in which the operator decides (R425, A39)
NEVER: Final = "'9999-01-01 00:00:00+00'::timestamptz"  # sorts after every date when a decision is due
DAY: Final = timedelta(days=1)
SCOPES: Final = (Scope("partner_id"), Scope("profile_visibility", value="PUBLIC"), Scope("public_products", ">", 0))
SATURDAY: Final = 5  # as in datetime.weekday
MAX_NAME_LENGTH: Final = 200  # characters, of trading and legal names (V7)
MAX_NUMBER_LENGTH: Final = 64  # characters, of registration and tax numbers


class Company(Identified, Versioned, Staged, Base):
    """A company. Managed companies, and only they, have a partner (A18)."""

    __tablename__ = "company"
    OWNER = "id"
    LIFECYCLE = VERIFICATION

    trading_name: Mapped[str]
    legal_name: Mapped[str]
    account_kind: Mapped[AccountKind] = mapped_column(enum_column(AccountKind))
    company_type: Mapped[CompanyType] = mapped_column(enum_column(CompanyType), default=CompanyType.ENTERPRISE)  # R420
    verification_status: Mapped[VerificationStatus] = mapped_column(
        enum_column(VerificationStatus), default=VerificationStatus.UNVERIFIED
    )
    verification_reason: Mapped[str | None]  # why the latest submission was rejected (A41)
    verification_submitted_at: Mapped[datetime | None]
    verification_due_at: Mapped[datetime | None]
    verification_decided_at: Mapped[datetime | None]  # when it was last verified or rejected; older rejections lack it
    verification_due_key: Mapped[datetime] = mapped_column(  # never NULL, so that a page can be sorted by it
        sa.Computed(f"coalesce(verification_due_at, {NEVER})", persisted=True), info=private(log=False)
    )
    distribution_agreement: Mapped[bool] = mapped_column(default=False, server_default=sa.false())  # R413
    auto_publish_allowed: Mapped[bool] = mapped_column(default=False, server_default=sa.false())  # R320
    partner_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("company.id"))
    portal_owner_id: Mapped[UUID] = mapped_column(  # whose portal its users see
        sa.Computed("coalesce(partner_id, id)", persisted=True), info=private(log=False)
    )
    registration_number: Mapped[str | None]
    tax_number: Mapped[str | None]
    country: Mapped[str] = mapped_column(sa.String(2))
    headquarters: Mapped[dict[str, Any] | None]
    profile_visibility: Mapped[ProfileVisibility | None] = mapped_column(enum_column(ProfileVisibility))
    public_products: Mapped[int] = mapped_column(default=0, server_default="0")
    name_terms: Mapped[str] = terms_of("company_name_terms(trading_name, partner_id, profile_visibility, public_products)")
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        sa.CheckConstraint("(account_kind = 'MANAGED') = (partner_id IS NOT NULL)", name="managed_has_partner"),
        sa.CheckConstraint("partner_id <> id", name="not_its_own_partner"),
        sa.CheckConstraint("public_products >= 0", name="public_products"),
        name_index("company"),
        sa.Index("company_trading_name_page", "trading_name", "id"),
        sa.Index("company_partner_id_page", "partner_id", "id"),
        sa.Index("company_partner_id_trading_name_page", "partner_id", "trading_name", "id"),
        sa.Index("company_public_profile_page", "id", postgresql_where=sa.text("profile_visibility = 'PUBLIC'")),
        sa.Index(
            "company_public_profile_trading_name_page",
            "trading_name",
            "id",
            postgresql_where=sa.text("profile_visibility = 'PUBLIC'"),
        ),
        sa.Index("company_public_products_page", "id", postgresql_where=sa.text("public_products > 0")),
        sa.Index(
            "company_public_products_trading_name_page",
            "trading_name",
            "id",
            postgresql_where=sa.text("public_products > 0"),
        ),
        sa.Index("company_company_type_page", "company_type", "id"),
        sa.Index("company_partner_id_company_type_page", "partner_id", "company_type", "id"),
        sa.Index(
            "company_public_profile_company_type_page",
            "company_type",
            "id",
            postgresql_where=sa.text("profile_visibility = 'PUBLIC'"),
        ),
        sa.Index(
            "company_public_products_company_type_page",
            "company_type",
            "id",
            postgresql_where=sa.text("public_products > 0"),
        ),
        sa.Index("company_account_kind_page", "account_kind", "id"),
        sa.Index("company_verification_due_key_page", "verification_due_key", "id"),
        sa.Index("company_verification_status_verification_due_key_page", "verification_status", "verification_due_key", "id"),
        sa.Index(
            "company_verified_registration",
            "country",
            sa.text("lower(registration_number)"),
            postgresql_where=sa.text("verification_status = 'VERIFIED'"),
        ),
    )

    @property
    def is_certified(self) -> bool:
        """True while the operator checks the company's documents, and once verified. CERTIFIED fields are locked then (R422, V8)."""
        return self.verification_status in CHECKED

    @property
    def possible_types(self) -> tuple[CompanyType, ...]:
        """The types that the company can have: all of them with a distribution agreement (R413, A42)."""
        return tuple(CompanyType) if self.distribution_agreement else OPEN_TYPES

    def submit(self) -> datetime:
        """Take the step to PENDING, and return when a decision is due: in three working days (A39, A41). Raises IllegalStep."""
        self.take_step("submit_verification")
        self.verification_reason = None
        self.verification_submitted_at = now()
        self.verification_due_at = due = due_at(self.verification_submitted_at)
        return due

    def decide(self, step: str) -> None:
        """Verify or reject the company (R421, A41). Raises IllegalStep."""
        self.take_step(step)
        self.verification_decided_at = now()

    @property
    def vouched_status(self) -> VerificationStatus:
        """The status of companies that this partner creates: VERIFIED once the partner itself is verified (R404, V15)."""
        verified = self.verification_status == VerificationStatus.VERIFIED
        return VerificationStatus.VERIFIED if verified else VerificationStatus.UNVERIFIED


def due_at(submitted_at: datetime) -> datetime:
    """Return when a submission is due: after REVIEW_DAYS from Monday to Friday, in UTC. Weekends count as Monday (A39, V65)."""
    due = _next_working_day(submitted_at.astimezone(UTC))
    for _ in range(REVIEW_DAYS):
        due = _next_working_day(due + DAY)
    return due


def _next_working_day(moment: datetime) -> datetime:
    """Return the same time on the first working day from this one on."""
    while moment.weekday() >= SATURDAY:
        moment += DAY
    return moment


CONCEPTS: Final = (
    Concept(
        "Company",
        Company,
        tag=b"co",
        links=(
            Link("sales", "dealing", local="id", remote="seller_id"),
            Link("purchases", "dealing", local="id", remote="buyer_id"),
            Link("api_keys", "api_key", local="id", remote="company_id"),
            Link("partner_api_keys", "api_key", local="partner_id", remote="company_id"),
            Link("invitations", "product_test_account", local="id", remote="seller_id"),
            Link("tests", "product_test_account", local="id", remote="company_id"),
            Link("memberships", "membership", local="id", remote="company_id"),
            Link("sent_invitations", "invitation", local="id", remote="company_id"),
        ),
        orders={
            "TRADING_NAME": SortOrder(("trading_name",), "trading_name", "By trading name."),
            "VERIFICATION_DUE_AT": SortOrder(
                ("verification_due_key",),
                "verification_due_at",
                "By the time by which the operator decides. Companies without one come last. Only for the operator's staff.",
            ),
        },
        filters={
            "company_type": equals("company_type", "Matches the line of business."),
            "company_types": one_of("company_type", "Matches any of these lines of business."),
            "account_kind": equals(
                "account_kind", "Matches the kind of account. Only the operator's staff can use this filter."
            ),
            "account_kinds": one_of(
                "account_kind", "Matches any of these kinds of accounts. Only the operator's staff can use this filter."
            ),
            "verification_status": equals(
                "verification_status",
                "Matches the status of the verification. The list is then sorted by VERIFICATION_DUE_AT unless `orderBy` is set. "
                "Only the operator's staff can use this filter.",
                order="VERIFICATION_DUE_AT",
            ),
            **name_search("trading_name", *SCOPES),
        },
        actions=steps_of(VERIFICATION, "submit_verification", "verify", "reject")
        | always(
            "set_distribution_agreement",
            "set_publisher_rights",
            "update_company_profile",
            "update_support_details",
            "save_marketplace_profile",
            "publish_marketplace_profile",
            "set_billing_market",
            "create_managed_account",
            "update_partner_defaults",
            "create_api_key",
            "create_embed_session",
            "create_webhook_endpoint",
            "start_export",
            "set_identity_issuer",
            "set_portal_origins",
            "verify_portal_origin",
            "save_portal_appearance",
            "register_seller",
            "create_product",
            "request_offer",
            "accept_offer",
            "invite_member",
            "order_port",
            "order_port_directly",
            "publish_port",
            "view_as",
            "view_as_administrator",
            "explain",
        ),
    ),
    Concept("Dashboard", Company),
)
