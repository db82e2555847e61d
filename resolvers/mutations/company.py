"""What is done to company profiles, and how the papers of a new company are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from models import Company
from models.company import CERTIFIED, MAX_NAME_LENGTH, MAX_NUMBER_LENGTH, OPEN_TYPES, CompanyType
from resolvers.values.identifiers import Identifier
from resolvers.writing.field_readers import Read, address, assign, country, given, text
from resolvers.writing.input_reader import InputReader
from resolvers.writing.runner import ChangedIds
from resolvers.writing.unit_of_work import UnitOfWork, requires
from resolvers.writing.user_errors import ErrorCode

NAMES: Final[Mapping[str, Read]] = {"trading_name": text(MAX_NAME_LENGTH), "legal_name": text(MAX_NAME_LENGTH)}
DETAILS: Final[Mapping[str, Read]] = {
    "registration_number": text(MAX_NUMBER_LENGTH, required=False),
    "tax_number": text(MAX_NUMBER_LENGTH, required=False),
    "headquarters": address,
}
STAYS: Final = "The operator checks or has checked this, for the company is {}; only the operator can have it changed."


@requires(Company="update_company_profile")
async def update_company_profile(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Change what a company is called and what it is on paper (A13). What its certificate proves stays once it is checked."""
    company = await work.acting_company(fields, "update_company_profile")
    values = given(fields, {**NAMES, **DETAILS})
    if company is not None:
        _keep_what_is_checked(fields, company, values)
        work.check_and_bump_version(fields, company)
    work.errors.raise_if_any()
    assign(company, values)
    return {"company": Identifier("Company", company.id)}


def _keep_what_is_checked(fields: InputReader, company: Company, values: Mapping[str, Any]) -> None:
    """Note each change of what the operator has checked (R410, R422)."""
    for name in CERTIFIED if company.is_certified else ():
        if name in values and values[name] != getattr(company, name):
            fields.add_error(ErrorCode.LOCKED, STAYS.format(company.verification_status), name)


def papers(fields: InputReader) -> dict[str, Any]:
    """The columns of a new company. Its type is ENTERPRISE unless it says otherwise (R413, R420, A42)."""
    return {
        **{name: read(fields, name) for name, read in NAMES.items()},
        **given(fields, DETAILS),
        "country": country(fields, "country", required=True),
        "company_type": fields.choice("company_type", OPEN_TYPES) or CompanyType.ENTERPRISE,
    }
