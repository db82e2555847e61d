"""Mutations of managed accounts: a partner creates and renames them, and changes their settings or the defaults for all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from choices import MemberRole
from models import Company, ManagedAccount, PartnerDefaults, SupportDetails
from models.company import AccountKind
from models.managed_account import MAX_NAME_LENGTH, SETTINGS, SupportedBy
from models.support_details import needs_contact
from resolvers.mutations.company import read_company
from resolvers.mutations.invitation import check_rate, invite
from resolvers.mutations.support_details import UNREACHABLE, lock_details, read_contact
from resolvers.values.identifiers import Identifier
from resolvers.writing.field_readers import FieldReader, assign, looks_like, read_present, required_value, text
from resolvers.writing.input_reader import InputReader
from resolvers.writing.rights import before_first_defaults
from resolvers.writing.runner import ChangedIds
from resolvers.writing.unit_of_work import UnitOfWork, requires
from resolvers.writing.user_errors import ErrorCode

ACCOUNT_READERS: Final[Mapping[str, FieldReader]] = {
    "account_name": text(MAX_NAME_LENGTH),
    "account_ref": text(MAX_NAME_LENGTH, required=False),
    "supported_by": required_value,
}
SETTING_READERS: Final[Mapping[str, FieldReader]] = dict.fromkeys(SETTINGS, InputReader.value)  # null means not set here (V2)
TAKEN: Final = "Another account of the partner already has this name."
CONTACT_FIRST: Final = (
    "To be supported by the operator, an account needs an email address and a phone number. Add them to its support details."
)


@requires(Company="create_managed_account")
async def create_managed_account(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Create a managed account with a new company, for which its partner vouches (V15, R404, A18)."""
    partner = await work.acting_company(fields, "create_managed_account")
    account = ManagedAccount(**read_present(fields, ACCOUNT_READERS), **_read_settings(fields))
    company = Company(account_kind=AccountKind.MANAGED, **read_company(fields.nested_or_empty("company")))
    details = _read_support_details(fields, account.supported_by)
    admin = await _read_admin(work, fields, partner)
    if partner is not None:
        await _check_name(work, fields, partner.id, account.account_name)
    work.errors.raise_if_any()
    company.partner_id = account.partner_id = partner.id
    company.verification_status = partner.vouched_status
    await work.add(company)
    account.company_id = details.company_id = company.id
    work.session.add(details)
    await work.add(account)
    if admin is not None:
        await invite(work, company, admin, [MemberRole.ACCOUNT_ADMIN])
    return {"managed_account": Identifier("ManagedAccount", account.id)}


@requires(ManagedAccount="update_managed_account")
async def update_managed_account(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Update an account's name, the partner's reference, or who supports it, including its support details (R106, V15)."""
    account = await work.lock_for_update(fields, "id", "ManagedAccount", "update_managed_account")
    values = read_present(fields, ACCOUNT_READERS)
    if account is not None:
        if values.get("account_name") not in (None, account.account_name):
            await _check_name(work, fields, account.partner_id, values["account_name"], account.id)
        if values.get("supported_by") not in (None, account.supported_by):
            await _change_support(work, fields, account, values["supported_by"])
        work.check_and_bump_version(fields, account)
    work.errors.raise_if_any()
    assign(account, values)
    return {"managed_account": Identifier("ManagedAccount", account.id)}


@requires(ManagedAccount="update_managed_account_settings")
async def update_managed_account_settings(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Override settings for one account, or use the partner's defaults (R105, V2). Effective immediately."""
    account = await work.lock_for_update(fields, "id", "ManagedAccount", "update_managed_account_settings")
    if account is not None:
        work.check_and_bump_version(fields, account)
    work.errors.raise_if_any()
    assign(account, _read_settings(fields))
    return {"managed_account": Identifier("ManagedAccount", account.id)}


@requires(Company="update_partner_defaults")
async def update_partner_defaults(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Set defaults for all accounts of a partner that don't override them (V2). Version 0 means never set."""
    partner = await work.acting_company(fields, "update_partner_defaults")
    work.errors.raise_if_any()
    defaults = await work.scalar(sa.select(PartnerDefaults).where(PartnerDefaults.partner_id == partner.id).with_for_update())
    if defaults is None:
        await before_first_defaults(work.session, partner.id)
        defaults = PartnerDefaults(partner_id=partner.id, version=0)
    work.check_and_bump_version(fields, defaults)
    work.errors.raise_if_any()
    assign(defaults, read_present(fields, SETTING_READERS))
    await work.add(defaults)
    return {"partner_defaults": Identifier("PartnerDefaults", partner.id)}


def _read_settings(fields: InputReader) -> dict[str, Any]:
    """Read the settings that are present."""
    return read_present(fields.nested_or_empty("settings"), SETTING_READERS)


def _read_support_details(fields: InputReader, supported_by: SupportedBy) -> SupportDetails:
    """Read the support details of a new account. They're required if the operator supports it (V15)."""
    if fields.value("support_details") is None and needs_contact(supported_by):
        fields.add_error(ErrorCode.REQUIRED, UNREACHABLE, "support_details")
        return SupportDetails()
    return SupportDetails(supported_by=supported_by, **read_contact(fields.nested_or_empty("support_details"), supported_by))


async def _read_admin(work: UnitOfWork, fields: InputReader, partner: Company | None) -> str | None:
    """Read the address of a new account's first user, who gets an invitation whoever owns the address (V49)."""
    admin = fields.nested("admin")
    if admin is None:
        return None
    email = admin.email("email", required=True)
    if partner is not None:
        await check_rate(work, admin)
    return email


async def _check_name(work: UnitOfWork, fields: InputReader, partner: UUID, name: str | None, own: UUID | None = None) -> None:
    """Add an error if another account of the partner has the same or a lookalike name (V7)."""
    if name is None:
        return
    same_name = sa.select(ManagedAccount.id).where(
        ManagedAccount.partner_id == partner,
        ManagedAccount.id.is_distinct_from(own),
        looks_like(ManagedAccount.account_name, name),
    )
    if await work.scalar(same_name) is not None:
        fields.add_error(ErrorCode.TAKEN, TAKEN, "account_name")


async def _change_support(work: UnitOfWork, fields: InputReader, account: ManagedAccount, supported_by: SupportedBy) -> None:
    """Change who supports an account in its support details, which must be complete enough for that (V15)."""
    details = await lock_details(work, account.company_id)
    details.supported_by = supported_by
    details.version += 1
    if not details.is_enough:
        fields.add_error(ErrorCode.REQUIRED, CONTACT_FIRST, "supported_by")
    work.session.add(details)
