"""Mutations of support details. If the operator gives the support, they include an email address and a phone number (V15)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from models import ManagedAccount, SupportDetails
from models.managed_account import SupportedBy
from models.support_details import MAX_HOURS_LENGTH, needs_contact
from resolvers.values.identifiers import Identifier
from resolvers.writing.field_readers import FieldReader, assign, read_present, text
from resolvers.writing.input_reader import InputReader
from resolvers.writing.runner import ChangedIds
from resolvers.writing.unit_of_work import UnitOfWork, requires
from resolvers.writing.user_errors import ErrorCode

UNREACHABLE: Final = "Required: the operator needs an email address and a phone number to give support."


@requires(Company="update_support_details")
async def update_support_details(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Update the contact details for a company's support (R123, R124). Details that were never saved have version 0."""
    company = await work.acting_company(fields, "update_support_details")
    details = company and await lock_details(work, company.id)
    if details is not None:
        work.check_and_bump_version(fields, details)
        assign(details, read_contact(fields, details.supported_by, details))
    work.errors.raise_if_any()
    await work.add(details)
    return {"support_details": Identifier("SupportDetails", details.id)}


async def lock_details(work: UnitOfWork, company: UUID) -> SupportDetails:
    """Return a company's details, locked, or new ones with version 0 and the company's current kind of support."""
    details = await work.scalar(sa.select(SupportDetails).where(SupportDetails.company_id == company).with_for_update())
    if details is None:
        supported_by = await work.scalar(sa.select(ManagedAccount.supported_by).where(ManagedAccount.company_id == company))
        details = SupportDetails(company_id=company, supported_by=supported_by or SupportedBy.OPERATOR, version=0)
    result: SupportDetails = details
    return result


def read_contact(fields: InputReader, supported_by: SupportedBy, saved: SupportDetails | None = None) -> dict[str, Any]:
    """Read the details. Adds an error for each required one that is neither in the input nor saved (V15)."""
    needed = needs_contact(supported_by)
    readers: Mapping[str, FieldReader] = {
        "email": lambda fields, name: fields.email(name, required=needed),
        "phone": lambda fields, name: fields.phone(name, required=needed),
        "hours": text(MAX_HOURS_LENGTH, required=False, lines=True),
    }
    for name in ("email", "phone") if needed else ():
        if not fields.has(name) and getattr(saved, name, None) is None:
            fields.add_error(ErrorCode.REQUIRED, UNREACHABLE, name)
    return read_present(fields, readers)
