"""Announcements of the operator: finds and notifies the people affected by maintenance and security events.

Maintenance of a managed account's ports is announced to its partner, whoever supports the account, and never to the account (R117,
R118, A15). Security events are announced directly to the people they affect, managed or not (R119).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement

from choices import MemberRole
from models import Company, Location, ManagedAccount, Membership, Port, User
from models.notification import NotificationKind
from models.port import ENDED
from resolvers.notifying import message_templates
from resolvers.notifying.notifications import Recipient, find_members, find_members_where, notify_members
from resolvers.values.identifiers import Identifier

SERVICE_ROLES: Final = (MemberRole.ACCOUNT_ADMIN, MemberRole.NETWORK_ADMIN)
Advance = Callable[[], None]  # called after each notified company


@dataclass(frozen=True, slots=True)
class AffectedCompany:
    """A company to notify, and the names of its affected managed accounts."""

    company_id: UUID
    name: str
    accounts: tuple[str, ...]


def everywhere() -> ColumnElement[bool]:
    """Match all locations."""
    return sa.true()


def in_market(code: str) -> ColumnElement[bool]:
    """Match the locations of a billing market."""
    return Location.market == code


def at_location(name: str, key: UUID | None = None) -> ColumnElement[bool]:
    """Match the location with this key, or with this name if there's no key."""
    return Location.name == name if key is None else Location.id == key


async def find_locations(session: AsyncSession, where: ColumnElement[bool]) -> list[UUID]:
    """Return the keys of the matching locations."""
    return list(await session.scalars(sa.select(Location.id).where(where).order_by(Location.id)))


async def affected_by_maintenance(session: AsyncSession, locations: Sequence[UUID]) -> list[AffectedCompany]:
    """Return each company to notify: the partner for a managed account's port, its own company for any other (R117, A15)."""
    notified = sa.func.coalesce(Port.partner_id, Port.company_id)
    account = sa.func.coalesce(ManagedAccount.account_name, Company.trading_name)
    ports = (
        sa.select(notified.label("notified"), sa.case((Port.partner_id.is_not(None), account)).label("account"))
        .join(Company, Company.id == Port.company_id)
        .outerjoin(ManagedAccount, ManagedAccount.company_id == Port.company_id)
        .where(Port.location_id.in_(locations), Port.status.not_in(ENDED))
        .distinct()
        .subquery()
    )
    names = sa.func.array_remove(sa.func.array_agg(ports.c.account), None)
    companies = (
        sa.select(ports.c.notified, Company.trading_name, names)
        .join(Company, Company.id == ports.c.notified)
        .group_by(ports.c.notified, Company.trading_name)
        .order_by(Company.trading_name, ports.c.notified)
    )
    return [AffectedCompany(key, name, tuple(sorted(accounts))) for key, name, accounts in await session.execute(companies)]


async def announce_maintenance(
    session: AsyncSession,
    companies: Sequence[AffectedCompany],
    title: str,
    body: str,
    window: message_templates.MaintenanceWindow,
    advance: Advance = lambda: None,
) -> int:
    """Notify each company's account and network administrators. Return how many people. Doesn't commit."""
    people = 0
    for company in companies:
        members = await find_members(session, company.company_id, SERVICE_ROLES)
        message = message_templates.maintenance(title, body, window, company.accounts)
        await notify_members(session, NotificationKind.MAINTENANCE, members, message)
        people += len(members)
        advance()
    return people


def everybody() -> ColumnElement[bool]:
    """Match all members of all companies."""
    return sa.true()


def of_users(emails: Sequence[str]) -> ColumnElement[bool]:
    """Match members with one of these email addresses, ignoring case."""
    return sa.func.lower(User.email).in_([email.lower() for email in emails])


def members_of(company_id: UUID) -> ColumnElement[bool]:
    """Match all members of a company."""
    return Membership.company_id == company_id


async def find_companies(session: AsyncSession, name: str, key: UUID | None = None) -> list[UUID]:
    """Return the company with this key, or those with this trading or legal name if there's no key."""
    named = sa.or_(Company.trading_name == name, Company.legal_name == name)
    where = named if key is None else Company.id == key
    return list(await session.scalars(sa.select(Company.id).where(where).order_by(Company.id)))


async def affected(session: AsyncSession, where: ColumnElement[bool]) -> list[Recipient]:
    """Return the people affected by a security event, once for each of their companies (R119)."""
    return await find_members_where(session, where)


async def announce_security(
    session: AsyncSession, members: Sequence[Recipient], title: str, body: str, subject: Identifier | None = None
) -> None:
    """Notify these members, with one email for each address. Doesn't commit."""
    await notify_members(session, NotificationKind.SECURITY, members, message_templates.security(title, body), subject=subject)
