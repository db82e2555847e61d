"""Companies that the operator creates: its own, partners and direct companies."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from choices import CompanyType
from commands.option_errors import raise_if_any
from commands.store import open_recorded_transaction, running_database
from models import Company
from models.company import OPEN_TYPES, AccountKind, VerificationStatus
from resolvers.mutations.company import read_company, verified_twins
from resolvers.values.identifiers import Identifier
from resolvers.writing.input_reader import InputReader
from resolvers.writing.user_errors import ErrorCode, UserErrors
from settings import Settings

COMMAND: Final = "crossgate company create"  # its action in the audit log
ONE_OPERATOR: Final = "The market already has an operator: {} ({}). It can have only one."
CERTIFICATE_FIRST: Final = "Required with --verified: the operator verifies a company by its certificate of registration."
ALREADY_VERIFIED: Final = "{} ({}) is already verified with this number."


def create(kind: str, values: Mapping[str, Any], *, verified: bool) -> Identifier:
    """Create a company of a kind. Returns its ID. Raises InvalidOptions."""
    with running_database(Settings.load()) as settings:
        return asyncio.run(_create(settings, AccountKind(kind), values, verified=verified))


async def _create(settings: Settings, kind: AccountKind, values: Mapping[str, Any], *, verified: bool) -> Identifier:
    errors = UserErrors()
    fields = InputReader(values, errors)
    # The operator knows whether there is a distribution agreement, so it can choose any type (R413, R421, A42).
    created = Company(account_kind=kind, **read_company(fields, tuple(CompanyType)))
    created.distribution_agreement = created.company_type not in OPEN_TYPES
    async with open_recorded_transaction(settings, COMMAND) as session:
        if kind == AccountKind.OPERATOR:
            await _check_single(session, fields)
        if verified:
            created.verification_status = VerificationStatus.VERIFIED
            await _check_certificate(session, fields, created)
        raise_if_any(errors)
        session.add(created)
        await session.flush()
    return Identifier("Company", created.id)


async def _check_single(session: AsyncSession, fields: InputReader) -> None:
    """Add an error if there is an operator already (X3)."""
    other = await session.scalar(sa.select(Company).where(Company.account_kind == AccountKind.OPERATOR).limit(1))
    if other is not None:
        fields.add_error(ErrorCode.TAKEN, ONE_OPERATOR.format(other.trading_name, Identifier("Company", other.id)), "kind")


async def _check_certificate(session: AsyncSession, fields: InputReader, created: Company) -> None:
    """Add an error if a verified company has no number, which it couldn't add later, or another's (R409, R411)."""
    if not (fields.value("registration_number") or "").strip():
        fields.add_error(ErrorCode.REQUIRED, CERTIFICATE_FIRST, "registration_number")
    if created.registration_number is None:
        return
    other = await session.scalar(verified_twins(created).limit(1))
    if other is not None:
        message = ALREADY_VERIFIED.format(other.trading_name, Identifier("Company", other.id))
        fields.add_error(ErrorCode.TAKEN, message, "registration_number")
