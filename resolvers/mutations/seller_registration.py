"""Mutations of sellers. A bank account's number is encrypted before it's stored, and is in no message (V31)."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from models import Company, SellerRegistration
from models.base import now
from models.notification import NotificationKind
from models.seller_registration import MAX_HOLDER_LENGTH, SHOWN_CHARACTERS
from resolvers.notifying import message_templates
from resolvers.notifying.notifications import find_root_user_for, notify_members
from resolvers.values.bank_accounts import PURPOSE
from resolvers.values.encryption import encrypt
from resolvers.values.identifiers import Identifier
from resolvers.values.messages import worded
from resolvers.writing.field_readers import assign, bank_account, country
from resolvers.writing.input_reader import InputReader
from resolvers.writing.runner import ChangedIds
from resolvers.writing.unit_of_work import UnitOfWork, requires
from resolvers.writing.user_errors import ErrorCode

REFUSED_COUNTRY: Final = "Bank accounts in {country} aren't accepted. Enter an account in another country."


@requires(Company="register_seller")
async def register_seller(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Register a company as a seller, or replace its bank account and tell its root user (R207-R209, V31, V74)."""
    company = await work.acting_company(fields, "register_seller")
    code, number = _read_account(work, fields)
    holder = fields.text("account_holder", MAX_HOLDER_LENGTH)
    work.errors.raise_if_any()
    values = {
        "account_holder": holder,
        "bank_account_country": code,
        "bank_account_last4": str(number)[-SHOWN_CHARACTERS:],
        "bank_account_number": encrypt(str(number), company.id, work.context.services.tokens.secrets(PURPOSE)),
        "registered_at": now(),
    }
    current = await work.scalar(sa.select(SellerRegistration).where(SellerRegistration.company_id == company.id))
    if current is None:
        await work.add(SellerRegistration(company_id=company.id, **values))
    else:
        assign(current, values)
        await _warn(work, company)
    return {"company": Identifier("Company", company.id)}


@requires(Company="set_publisher_rights")
async def set_publisher_rights(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Say whether a company can publish its products automatically (R320, V62)."""
    company = await work.lock_for_update(fields, "company_id", "Company", "set_publisher_rights")
    work.errors.raise_if_any()
    company.auto_publish_allowed = fields.value("auto_publish")
    return {"company": Identifier("Company", company.id)}


def _read_account(work: UnitOfWork, fields: InputReader) -> tuple[str | None, str | None]:
    """Read the country and the number of a bank account. The operator configures which countries are refused (R209, A22)."""
    code = country(fields, "bank_account_country", required=True)
    if code in work.context.services.refused_bank_countries:
        fields.add_error(ErrorCode.INVALID_VALUE, worded(REFUSED_COUNTRY, country=code), "bank_account_country")
        return None, None
    return code, bank_account(fields, "bank_account_number", code)


async def _warn(work: UnitOfWork, company: Company) -> None:
    """Tell the root user that the account was replaced: the company's, or its partner's if the company has none (V32, V74)."""
    recipients = await find_root_user_for(work.session, company.id, company.partner_id)
    message = message_templates.bank_account_replaced(company.trading_name)
    subject = Identifier("Company", company.id)
    await notify_members(work.session, NotificationKind.SECURITY, recipients, message, subject=subject)
