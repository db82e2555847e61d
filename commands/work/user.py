"""Members that the operator adds to companies, and sessions that it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
import typer
from sqlalchemy.ext.asyncio import AsyncSession

from choices import MemberRole
from commands.announcement import key_of
from commands.failure import Failure
from commands.option_errors import raise_if_any
from commands.store import open_recorded_transaction, open_transaction, running_database
from models import Company, Membership, User
from models.company import AccountKind
from models.membership import STAFF_ROLES, administrators
from models.user import MAX_NAME_LENGTH
from resolvers.identity.sessions import end_sessions
from resolvers.mutations.membership import read_person
from resolvers.notifying.announcements import find_companies
from resolvers.values.identifiers import Identifier
from resolvers.values.text import brief
from resolvers.writing.input_reader import InputReader
from resolvers.writing.user_errors import ErrorCode, UserErrors
from settings import Settings

COMMAND: Final = "crossgate user create"  # its action in the audit log
NO_COMPANY: Final = "No company has the ID or the name {}."
SEVERAL_COMPANIES: Final = "{} companies have the name {}. Use an ID."
STAFF_ONLY: Final = "{} is a role of the operator's staff. It isn't allowed in {}."
ADMIN_FIRST: Final = "{} has no account administrator yet, so this person must be one: add ACCOUNT_ADMIN."
ALREADY_MEMBER: Final = "This person is already a member of {}."
NO_USER: Final = "No user has signed up with the email address {}."
KNOWN: Final = "This person already has a user, whose name and job title stay as they are."


def create(values: Mapping[str, Any], roles: Sequence[MemberRole]) -> str:
    """Add a person to a company. Returns a line for the user and one for the membership. Raises InvalidOptions."""
    with running_database(Settings.load()) as settings:
        member, is_new = asyncio.run(_create(settings, values, roles))
    if not is_new:
        typer.echo(KNOWN, err=True)
    return f"User {Identifier('User', member.user_id)}\nMembership {Identifier('Membership', member.id)}"


def sign_out(email: str) -> int:
    """End all sessions of the user with an email address. Returns their number. Raises Failure."""
    with running_database(Settings.load()) as settings:
        return asyncio.run(_sign_out(settings, email))


async def _sign_out(settings: Settings, email: str) -> int:
    is_own = sa.and_(sa.func.lower(User.email) == email.lower(), User.claimed)
    async with open_transaction(settings) as session:
        key = await session.scalar(sa.select(User.id).where(is_own))
        if key is None:
            raise Failure(NO_USER.format(brief(email)))
        return await end_sessions(session, key)


async def _create(settings: Settings, values: Mapping[str, Any], roles: Sequence[MemberRole]) -> tuple[Membership, bool]:
    """Add a member. Returns the membership, and whether the user is new."""
    errors = UserErrors()
    fields = InputReader(values, errors)
    person = read_person(fields)
    person.job_title = fields.text("job_title", MAX_NAME_LENGTH, required=False)
    async with open_recorded_transaction(settings, COMMAND) as session:
        company = await _find_company(session, fields)
        if company is not None:
            await _check_roles(session, fields, company, roles)
        known = None if person.email is None else await _find_user(session, fields, person.email, company)
        raise_if_any(errors)
        assert company is not None  # noqa: S101 (otherwise there was an error)
        joined = known or person
        session.add(joined)
        await session.flush()
        member = Membership(user_id=joined.id, company_id=company.id, roles=list(roles))
        session.add(member)
        await session.flush()
    return member, known is None


async def _find_company(session: AsyncSession, fields: InputReader) -> Company | None:
    """Return the company with an ID or a name; otherwise add an error."""
    text = fields.text("company", MAX_NAME_LENGTH)
    if text is None:
        return None
    found = await find_companies(session, text, key_of(text, "Company"))
    if len(found) != 1:
        message = SEVERAL_COMPANIES.format(len(found), brief(text)) if found else NO_COMPANY.format(brief(text))
        fields.add_error(ErrorCode.NOT_FOUND, message, "company")
        return None
    return await session.get(Company, found[0])


async def _check_roles(session: AsyncSession, fields: InputReader, company: Company, roles: Sequence[MemberRole]) -> None:
    """Add an error for each role that the company can't give (A43), and if it would have no administrator (V10, R403)."""
    for role in roles:
        if role in STAFF_ROLES and company.account_kind != AccountKind.OPERATOR:
            fields.add_error(ErrorCode.INVALID_VALUE, STAFF_ONLY.format(role, company.trading_name), "role")
    if MemberRole.ACCOUNT_ADMIN not in roles and await session.scalar(administrators(company.id).limit(1)) is None:
        fields.add_error(ErrorCode.REQUIRED, ADMIN_FIRST.format(company.trading_name), "role")


async def _find_user(session: AsyncSession, fields: InputReader, email: str, company: Company | None) -> User | None:
    """Return the user with this address, as `createManagedAccount` does (V21). Adds an error if it's a member already."""
    same_email = sa.func.lower(User.email) == sa.func.lower(email)
    if company is not None:
        member = sa.select(Membership.id).join(User, User.id == Membership.user_id)
        if await session.scalar(member.where(same_email, Membership.company_id == company.id).limit(1)):
            fields.add_error(ErrorCode.TAKEN, ALREADY_MEMBER.format(company.trading_name), "email")
    known: User | None = await session.scalar(sa.select(User).where(same_email).order_by(User.claimed.desc(), User.id).limit(1))
    return known
