"""Mutations of company profiles and of the verification of companies, and reading the details of a new company."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from choices import CompanyType, MemberRole
from models import Company, Document, Membership
from models.company import (
    CERTIFIED,
    MAX_NAME_LENGTH,
    MAX_NUMBER_LENGTH,
    OPEN_TYPES,
    VERIFICATION,
    AccountKind,
    VerificationStatus,
)
from models.notification import NotificationKind
from resolvers.identity.sessions import Tokens, act_for, deliver
from resolvers.notifying import message_templates
from resolvers.notifying.notifications import ADMINISTRATORS, Message, find_members, notify_members, notify_reviewers
from resolvers.values.identifiers import Identifier
from resolvers.values.messages import worded
from resolvers.writing.field_readers import FieldReader, address, assign, country, read_present, text
from resolvers.writing.input_reader import InputReader
from resolvers.writing.procedures import Steps
from resolvers.writing.rights import continue_in
from resolvers.writing.runner import ChangedIds
from resolvers.writing.unit_of_work import UnitOfWork, requires
from resolvers.writing.user_errors import ErrorCode

NAMES: Final[Mapping[str, FieldReader]] = {"trading_name": text(MAX_NAME_LENGTH), "legal_name": text(MAX_NAME_LENGTH)}
DETAILS: Final[Mapping[str, FieldReader]] = {
    "registration_number": text(MAX_NUMBER_LENGTH, required=False),
    "tax_number": text(MAX_NUMBER_LENGTH, required=False),
    "headquarters": address,
}
MAX_WAITING: Final = 5  # companies of one user that aren't verified
TOO_MANY_WAITING: Final = worded(
    "You already belong to {limit} companies that aren't verified. Have one verified first.", limit=MAX_WAITING
)
MAX_REASON_LENGTH: Final = 1_000  # characters
TYPE_NOT_OPEN: Final = "{company_type} needs a distribution agreement. Record one first, or choose another type."
DUPLICATE: Final = "{company} is verified with the same registration number and country. Reject this company, with a reason."
OTHER_COMPANY: Final = "This document belongs to another company."
LOCKED_DETAIL: Final = "Locked because the company is {status}. Ask the operator to change it."


@requires(Company="update_company_profile")
async def update_company_profile(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Update a company's names and legal details (A13). Details that the operator has verified are locked."""
    company = await work.acting_company(fields, "update_company_profile")
    values = read_present(fields, {**NAMES, **DETAILS})
    if company is not None:
        _check_locked_details(fields, company, values)
        work.check_and_bump_version(fields, company)
    work.errors.raise_if_any()
    assign(company, values)
    return _changed(company)


def _check_locked_details(fields: InputReader, company: Company, values: Mapping[str, Any]) -> None:
    """Add an error for each change of a verified detail (R410, R422)."""
    for name in CERTIFIED if company.is_certified else ():
        if name in values and values[name] != getattr(company, name):
            fields.add_error(ErrorCode.LOCKED, worded(LOCKED_DETAIL, status=company.verification_status), name)


@requires(Company="submit_verification")
async def submit_verification(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Submit a company for verification, for the first time or after a rejection (R409, A41). Raises IllegalStep."""
    company = await work.acting_company(fields, "submit_verification")
    if company is not None:
        VERIFICATION.next_state("submit_verification", company.verification_status)
    certificate = await work.lock_for_update(fields, "certificate_id", "Document", "read")
    if company is not None and certificate is not None and certificate.company_id not in (None, company.id):
        fields.add_error(ErrorCode.INVALID_VALUE, OTHER_COMPANY, "certificate_id")
    work.errors.raise_if_any()
    await _submit(work, company, certificate)
    return _changed(company)


@requires(Company="verify")
async def verify_company(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Verify a PENDING company, with another type if that suits it better (R421, R422). Raises IllegalStep."""
    company = await work.lock_for_update(fields, "company_id", "Company", "verify")
    work.errors.raise_if_any()
    company.decide("verify")
    company_type = fields.value("company_type") or company.company_type
    if company_type not in company.possible_types:
        fields.add_error(ErrorCode.INVALID_VALUE, worded(TYPE_NOT_OPEN, company_type=company_type), "company_type")
    await _check_duplicate(work, fields, company)
    work.errors.raise_if_any()
    company.company_type = company_type
    message = message_templates.company_verified(company.trading_name, work.context.services.site_url)
    await _notify_administrators(work, NotificationKind.COMPANY_VERIFIED, company, message)
    return _changed(company)


@requires(Company="reject")
async def reject_company(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Reject a PENDING company, with a reason (A41). Raises IllegalStep."""
    company = await work.lock_for_update(fields, "company_id", "Company", "reject")
    reason = fields.text("reason", MAX_REASON_LENGTH, lines=True)
    work.errors.raise_if_any()
    company.decide("reject")
    company.verification_reason = reason
    message = message_templates.company_rejected(company.trading_name, str(reason), work.context.services.site_url)
    await _notify_administrators(work, NotificationKind.COMPANY_REJECTED, company, message)
    return _changed(company)


@requires(Company="set_distribution_agreement")
async def set_distribution_agreement(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Record a distribution agreement, or its end, with which a type that needs it becomes ENTERPRISE (R413, R420, A42)."""
    company = await work.lock_for_update(fields, "company_id", "Company", "set_distribution_agreement")
    work.errors.raise_if_any()
    company.distribution_agreement = fields.value("agreed")
    if company.company_type not in company.possible_types:
        company.company_type = CompanyType.ENTERPRISE
    return _changed(company)


@requires(User="register_company")
async def register_company(steps: Steps, _fields: InputReader) -> Mapping[str, Any]:
    """Register a company, and let the session act for it: its founder is its account administrator (R403, V46)."""
    company_id, tokens = await steps.transact(_register)
    context = steps.context
    await continue_in(context, company_id)
    (company,) = await context.loaders.rows("Company", [company_id])
    return {"company": company, **deliver(context, tokens)}


async def _register(work: UnitOfWork, fields: InputReader) -> tuple[UUID, Tokens]:
    user = await work.acting_user("register_company")
    company = Company(account_kind=AccountKind.DIRECT, **read_company(fields, registered=True))
    certificate = await work.lock_for_update(fields, "certificate_id", "Document", "read")
    if certificate is not None and certificate.company_id is not None:
        fields.add_error(ErrorCode.INVALID_VALUE, OTHER_COMPANY, "certificate_id")
    if user is not None:
        await _check_number(work, user.id)
    work.errors.raise_if_any()
    await work.add(company)
    if certificate is not None:
        await _submit(work, company, certificate)
    founder = Membership(user_id=user.id, company_id=company.id, roles=[MemberRole.ACCOUNT_ADMIN.value])
    await work.add(founder)
    return company.id, await act_for(work, founder)


async def _check_number(work: UnitOfWork, user: UUID) -> None:
    """Add an error if too many companies of the user wait to be verified. Two registrations run one after the other."""
    await work.serialize("register company", str(user))
    waiting = (
        sa.select(sa.func.count())
        .select_from(Membership)
        .join(Company, Company.id == Membership.company_id)
        .where(Membership.user_id == user, Company.verification_status != VerificationStatus.VERIFIED)
    )
    if await work.scalar(waiting) >= MAX_WAITING:
        work.errors.add(ErrorCode.TOO_MANY, TOO_MANY_WAITING)


async def _submit(work: UnitOfWork, company: Company, certificate: Document) -> None:
    """Submit a company with its certificate, and notify the operator's reviewers (A41, V48). Raises IllegalStep."""
    due = company.submit()
    await use_certificate(work, company, certificate)
    message = message_templates.company_submitted(company.trading_name, due, work.context.services.site_url)
    kind, subject = NotificationKind.COMPANY_SUBMITTED, Identifier("Company", company.id)
    await notify_reviewers(work.session, kind, message, subject)


async def use_certificate(work: UnitOfWork, company: Company, certificate: Document) -> None:
    """Make a document the certificate of a company, to which it belongs from now on (V64). It replaces the one before."""
    replaced = sa.select(Document).where(Document.certified_id == company.id, Document.id != certificate.id).with_for_update()
    for document in (await work.session.scalars(replaced)).all():
        document.certified_id = None
    await work.session.flush()
    certificate.user_id, certificate.company_id = None, company.id
    certificate.partner_id, certificate.certified_id = company.partner_id, company.id


async def _check_duplicate(work: UnitOfWork, fields: InputReader, company: Company) -> None:
    """Add an error if another company is verified with the same registration (V65). Two such checks run one after the other."""
    if company.registration_number is None:
        return
    await work.serialize("registration", f"{company.country} {company.registration_number.lower()}")
    other = await work.scalar(verified_twins(company))
    if other is not None:
        fields.add_error(ErrorCode.DUPLICATE, worded(DUPLICATE, company=other.trading_name), "company_id")


def verified_twins(company: Company) -> sa.Select[Any]:
    """Select the other VERIFIED companies with the registration number and country of this one (V46)."""
    return sa.select(Company).where(
        Company.country == company.country,
        sa.func.lower(Company.registration_number) == sa.func.lower(company.registration_number),
        Company.verification_status == VerificationStatus.VERIFIED,
        Company.id != company.id,
    )


async def _notify_administrators(work: UnitOfWork, kind: NotificationKind, company: Company, message: Message) -> None:
    """Notify the account administrators of a company, and of the partner that manages it, of the decision (R424, A41, V73)."""
    companies = [key for key in (company.id, company.partner_id) if key is not None]
    members = [member for key in companies for member in await find_members(work.session, key, ADMINISTRATORS)]
    await notify_members(work.session, kind, members, message, subject=Identifier("Company", company.id))


def _changed(company: Company) -> ChangedIds:
    return {"company": Identifier("Company", company.id)}


def read_company(
    fields: InputReader, types: Collection[CompanyType] = OPEN_TYPES, *, registered: bool = False
) -> dict[str, Any]:
    """Read the columns of a new company. Its type is one of `types`, and defaults to ENTERPRISE (R413, R420, A42).

    A registered company needs a registration number.
    """
    required = {**NAMES, "registration_number": text(MAX_NUMBER_LENGTH)} if registered else NAMES
    optional = {name: read for name, read in DETAILS.items() if name not in required}
    return {
        **{name: read(fields, name) for name, read in required.items()},
        **read_present(fields, optional),
        "country": country(fields, "country", required=True),
        "company_type": fields.choice("company_type", types) or CompanyType.ENTERPRISE,
    }
