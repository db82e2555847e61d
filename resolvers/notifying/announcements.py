"""Announcements of the operator: who is to know of maintenance and of security events, and telling them.

Maintenance of a managed account's ports is told to its partner, whoever supports the account, and never to the account (R117, R118,
A15). Security goes straight to the people whom it affects, managed or not (R119).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement

from models import Company, Location, ManagedAccount, Membership, Port, User
from models.membership import MemberRole
from models.notification import NotificationKind
from models.port import ENDED
from resolvers.notifying import message_templates
from resolvers.notifying.notifications import Recipient, find_members, find_members_where, notify_members
from resolvers.values.identifiers import Identifier

SERVICE_ROLES: Final = (MemberRole.ACCOUNT_ADMIN, MemberRole.NETWORK_ADMIN)
Advance = Callable[[], None]  # is called for each company that has been told


@dataclass(frozen=True, slots=True)
class AffectedCompany:
    """A company that is to know, and the managed accounts for whose sake it is."""

    company_id: UUID
    name: str
    accounts: tuple[str, ...]


def everywhere() -> ColumnElement[bool]:
    """All locations."""
    return sa.true()


def in_market(code: str) -> ColumnElement[bool]:
    """The locations of a billing market."""
    return Location.market == code


def at_location(name: str, key: UUID | None = None) -> ColumnElement[bool]:
    """The location of a name, or of a key where one is given."""
    return Location.name == name if key is None else Location.id == key


async def find_locations(session: AsyncSession, where: ColumnElement[bool]) -> list[UUID]:
    """The keys of locations."""
    return list(await session.scalars(sa.select(Location.id).where(where).order_by(Location.id)))


async def affected_by_maintenance(session: AsyncSession, locations: Sequence[UUID]) -> list[AffectedCompany]:
    """Each company that is to know, once: of a managed account's port its partner, of any other port its company (R117, A15)."""
    told = sa.func.coalesce(Port.partner_id, Port.company_id)
    account = sa.func.coalesce(ManagedAccount.account_name, Company.trading_name)
    found = (
        sa.select(told.label("told"), sa.case((Port.partner_id.is_not(None), account)).label("account"))
        .join(Company, Company.id == Port.company_id)
        .outerjoin(ManagedAccount, ManagedAccount.company_id == Port.company_id)
        .where(Port.location_id.in_(locations), Port.status.not_in(ENDED))
        .distinct()
        .subquery()
    )
    names = sa.func.array_remove(sa.func.array_agg(found.c.account), None)
    companies = (
        sa.select(found.c.told, Company.trading_name, names)
        .join(Company, Company.id == found.c.told)
        .group_by(found.c.told, Company.trading_name)
        .order_by(Company.trading_name, found.c.told)
    )
    return [AffectedCompany(key, name, tuple(sorted(accounts))) for key, name, accounts in await session.execute(companies)]


async def announce_maintenance(
    session: AsyncSession,
    concerned: Sequence[AffectedCompany],
    title: str,
    body: str,
    window: message_templates.MaintenanceWindow,
    advance: Advance = lambda: None,
) -> int:
    """Tell each company's account and network administrators; how many people were told. Nothing is committed."""
    people = 0
    for company in concerned:
        members = await find_members(session, company.company_id, SERVICE_ROLES)
        text = message_templates.maintenance(title, body, window, company.accounts)
        await notify_members(session, NotificationKind.MAINTENANCE, members, text)
        people += len(members)
        advance()
    return people


def everybody() -> ColumnElement[bool]:
    """All members of all companies."""
    return sa.true()


def of_users(emails: Sequence[str]) -> ColumnElement[bool]:
    """Members who have one of the addresses, whatever its case."""
    return sa.func.lower(User.email).in_([email.lower() for email in emails])


def of_company(company_id: UUID) -> ColumnElement[bool]:
    """All members of a company."""
    return Membership.company_id == company_id


async def find_companies(session: AsyncSession, name: str, key: UUID | None = None) -> list[UUID]:
    """The company of a key, or those of a trading or legal name."""
    named = sa.or_(Company.trading_name == name, Company.legal_name == name)
    where = named if key is None else Company.id == key
    return list(await session.scalars(sa.select(Company.id).where(where).order_by(Company.id)))


async def affected(session: AsyncSession, where: ColumnElement[bool]) -> list[Recipient]:
    """The people whom a security event affects, in each of their companies (R119)."""
    return await find_members_where(session, where)


async def announce_security(
    session: AsyncSession, members: Sequence[Recipient], title: str, body: str, subject: Identifier | None = None
) -> None:
    """Tell them, each by one mail. Nothing is committed."""
    await notify_members(session, NotificationKind.SECURITY, members, message_templates.security(title, body), subject=subject)
