"""What a partner does with the accounts that it manages: make them, name them, switch things on for one or for all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from models import Company, ManagedAccount, PartnerDefaults, SupportDetails, User
from models.company import AccountKind
from models.managed_account import MAX_NAME_LENGTH, SETTINGS, SupportedBy
from models.membership import MemberRole
from models.support_details import needs_contact
from resolvers.mutations.company import papers
from resolvers.mutations.membership import add_member, find_known_user, person
from resolvers.mutations.support_details import UNREACHABLE, contact, details_of
from resolvers.values.identifiers import Identifier
from resolvers.writing.field_readers import Read, assign, given, reads_like, text, word
from resolvers.writing.input_reader import InputReader
from resolvers.writing.rights import before_first_defaults
from resolvers.writing.runner import ChangedIds
from resolvers.writing.unit_of_work import UnitOfWork, requires
from resolvers.writing.user_errors import ErrorCode

ACCOUNT: Final[Mapping[str, Read]] = {
    "account_name": text(MAX_NAME_LENGTH),
    "account_ref": text(MAX_NAME_LENGTH, required=False),
    "supported_by": word,
}
SWITCHES: Final[Mapping[str, Read]] = dict.fromkeys(SETTINGS, InputReader.value)  # null: not set here (V2)
TAKEN: Final = "Another account of the partner has this name."
CONTACT_FIRST: Final = (
    "The operator supports no account without an e-mail address and a phone: give them to its support details."
)


@requires(Company="create_managed_account")
async def create_managed_account(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Make a managed account, always of a new company, for which its partner vouches (V15, R404, A18)."""
    partner = await work.acting_company(fields, "create_managed_account")
    account = ManagedAccount(**given(fields, ACCOUNT), **_switches(fields))
    company = Company(account_kind=AccountKind.MANAGED, **papers(fields.nested_or_empty("company")))
    details = _support(fields, account.supported_by)
    admin = await _admin(work, fields, partner)
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
        await add_member(work, admin, company, MemberRole.ACCOUNT_ADMIN)
    return {"managed_account": Identifier("ManagedAccount", account.id)}


@requires(ManagedAccount="update_managed_account")
async def update_managed_account(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Rename an account, change the partner's reference to it or who supports it; its support details follow (R106, V15)."""
    account = await work.lock_for_update(fields, "id", "ManagedAccount", "update_managed_account")
    values = given(fields, ACCOUNT)
    if account is not None:
        if values.get("account_name") not in (None, account.account_name):
            await _check_name(work, fields, account.partner_id, values["account_name"], account.id)
        if values.get("supported_by") not in (None, account.supported_by):
            await _hand_over(work, fields, account, values["supported_by"])
        work.check_and_bump_version(fields, account)
    work.errors.raise_if_any()
    assign(account, values)
    return {"managed_account": Identifier("ManagedAccount", account.id)}


@requires(ManagedAccount="update_managed_account_settings")
async def update_managed_account_settings(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Switch things on or off for one account, or leave them to the partner's defaults (R105, V2). In effect at once."""
    account = await work.lock_for_update(fields, "id", "ManagedAccount", "update_managed_account_settings")
    if account is not None:
        work.check_and_bump_version(fields, account)
    work.errors.raise_if_any()
    assign(account, _switches(fields))
    return {"managed_account": Identifier("ManagedAccount", account.id)}


@requires(Company="update_partner_defaults")
async def update_partner_defaults(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Switch things on or off for all accounts of a partner that do not say otherwise (V2). At version 0 nothing was ever set."""
    partner = await work.acting_company(fields, "update_partner_defaults")
    work.errors.raise_if_any()
    defaults = await work.scalar(sa.select(PartnerDefaults).where(PartnerDefaults.partner_id == partner.id).with_for_update())
    if defaults is None:
        await before_first_defaults(work.session, partner.id)
        defaults = PartnerDefaults(partner_id=partner.id, version=0)
    work.check_and_bump_version(fields, defaults)
    work.errors.raise_if_any()
    assign(defaults, given(fields, SWITCHES))
    await work.add(defaults)
    return {"partner_defaults": Identifier("PartnerDefaults", partner.id)}


def _switches(fields: InputReader) -> dict[str, Any]:
    """The settings that were given, if any were."""
    return given(fields.nested_or_empty("settings"), SWITCHES)


def _support(fields: InputReader, supported_by: SupportedBy) -> SupportDetails:
    """The support details of a new account. Whom the operator supports, it can reach (V15)."""
    if fields.value("support_details") is None and needs_contact(supported_by):
        fields.add_error(ErrorCode.REQUIRED, UNREACHABLE, "support_details")
        return SupportDetails()
    return SupportDetails(supported_by=supported_by, **contact(fields.nested_or_empty("support_details"), supported_by))


async def _admin(work: UnitOfWork, fields: InputReader, partner: Company | None) -> User | None:
    """The first user of a new account, if one is named. Nobody is looked up unless the viewer may make an account."""
    inside = fields.nested("admin")
    if inside is None:
        return None
    named = person(inside)
    return None if partner is None or named.email is None else await find_known_user(work, inside, named, partner.id)


async def _check_name(work: UnitOfWork, fields: InputReader, partner: UUID, name: str | None, own: UUID | None = None) -> None:
    """Note a name that reads like that of another account of the partner (V7)."""
    if name is None:
        return
    alike = sa.select(ManagedAccount.id).where(
        ManagedAccount.partner_id == partner,
        ManagedAccount.id.is_distinct_from(own),
        reads_like(ManagedAccount.account_name, name),
    )
    if await work.scalar(alike) is not None:
        fields.add_error(ErrorCode.TAKEN, TAKEN, "account_name")


async def _hand_over(work: UnitOfWork, fields: InputReader, account: ManagedAccount, supported_by: SupportedBy) -> None:
    """Let the support details of an account follow who supports it; they have to be enough for that (V15)."""
    details = await details_of(work, account.company_id)
    details.supported_by = supported_by
    details.version += 1
    if not details.is_enough:
        fields.add_error(ErrorCode.REQUIRED, CONTACT_FIRST, "supported_by")
    work.session.add(details)
