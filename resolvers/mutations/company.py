"""Mutations of company profiles, and reading the details of a new company."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from models import Company
from models.company import CERTIFIED, MAX_NAME_LENGTH, MAX_NUMBER_LENGTH, OPEN_TYPES, CompanyType
from resolvers.values.identifiers import Identifier
from resolvers.writing.field_readers import FieldReader, address, assign, country, read_present, text
from resolvers.writing.input_reader import InputReader
from resolvers.writing.runner import ChangedIds
from resolvers.writing.unit_of_work import UnitOfWork, requires
from resolvers.writing.user_errors import ErrorCode

NAMES: Final[Mapping[str, FieldReader]] = {"trading_name": text(MAX_NAME_LENGTH), "legal_name": text(MAX_NAME_LENGTH)}
DETAILS: Final[Mapping[str, FieldReader]] = {
    "registration_number": text(MAX_NUMBER_LENGTH, required=False),
    "tax_number": text(MAX_NUMBER_LENGTH, required=False),
    "headquarters": address,
}
LOCKED_DETAIL: Final = "Locked because the company is {}. Ask the operator to change it."


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
    return {"company": Identifier("Company", company.id)}


def _check_locked_details(fields: InputReader, company: Company, values: Mapping[str, Any]) -> None:
    """Add an error for each change of a verified detail (R410, R422)."""
    for name in CERTIFIED if company.is_certified else ():
        if name in values and values[name] != getattr(company, name):
            fields.add_error(ErrorCode.LOCKED, LOCKED_DETAIL.format(company.verification_status), name)


def read_company(fields: InputReader, types: Collection[CompanyType] = OPEN_TYPES) -> dict[str, Any]:
    """Read the columns of a new company. Its type is one of `types`, and defaults to ENTERPRISE (R413, R420, A42)."""
    return {
        **{name: read(fields, name) for name, read in NAMES.items()},
        **read_present(fields, DETAILS),
        "country": country(fields, "country", required=True),
        "company_type": fields.choice("company_type", types) or CompanyType.ENTERPRISE,
    }
