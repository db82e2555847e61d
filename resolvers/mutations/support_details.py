"""What is done to support details. Where the operator gives the support, it knows an e-mail address and a phone (V15)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from models import ManagedAccount, SupportDetails
from models.managed_account import SupportedBy
from models.support_details import MAX_HOURS_LENGTH, needs_contact
from resolvers.values.identifiers import Identifier
from resolvers.writing.field_readers import Read, assign, given, text
from resolvers.writing.input_reader import InputReader
from resolvers.writing.runner import ChangedIds
from resolvers.writing.unit_of_work import UnitOfWork, requires
from resolvers.writing.user_errors import ErrorCode

UNREACHABLE: Final = "The operator supports nobody without an e-mail address and a phone; this has to be given."


@requires(Company="update_support_details")
async def update_support_details(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Change whom a company turns to (R123, R124). Details that were never given are at version 0."""
    company = await work.acting_company(fields, "update_support_details")
    details = company and await details_of(work, company.id)
    if details is not None:
        work.check_and_bump_version(fields, details)
        assign(details, contact(fields, details.supported_by, details))
    work.errors.raise_if_any()
    await work.add(details)
    return {"support_details": Identifier("SupportDetails", details.id)}


async def details_of(work: UnitOfWork, company: UUID) -> SupportDetails:
    """The details of a company, locked, or new ones at version 0, as they are supported now."""
    details = await work.scalar(sa.select(SupportDetails).where(SupportDetails.company_id == company).with_for_update())
    if details is None:
        supported_by = await work.scalar(sa.select(ManagedAccount.supported_by).where(ManagedAccount.company_id == company))
        details = SupportDetails(company_id=company, supported_by=supported_by or SupportedBy.OPERATOR, version=0)
    found: SupportDetails = details
    return found


def contact(fields: InputReader, supported_by: SupportedBy, known: SupportDetails | None = None) -> dict[str, Any]:
    """The details that are given; notes what is missing there, and is not known, for whoever gives the support (V15)."""
    needed = needs_contact(supported_by)
    readers: Mapping[str, Read] = {
        "email": lambda one, name: one.email(name, required=needed),
        "phone": lambda one, name: one.phone(name, required=needed),
        "hours": text(MAX_HOURS_LENGTH, required=False, lines=True),
    }
    for name in ("email", "phone") if needed else ():
        if not fields.has(name) and getattr(known, name, None) is None:
            fields.add_error(ErrorCode.REQUIRED, UNREACHABLE, name)
    return given(fields, readers)
