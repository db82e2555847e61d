"""Notifies people in the product and by email, inside the transaction of the caller (X6).

Nothing is sent or committed here: a message becomes rows of the caller's transaction, and the worker sends it after the commit.
Recipients see the whole message, so it never contains a price or another value that policy may hide.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import ColumnElement

from choices import MemberRole
from models import Company, Mail, Membership, Notification, User
from models.company import AccountKind
from models.notification import TITLE_LENGTH, NotificationKind
from resolvers.values.identifiers import Identifier
from resolvers.values.text import one_line

ADMINISTRATORS: Final = (MemberRole.ACCOUNT_ADMIN,)


@dataclass(frozen=True, slots=True)
class Message:
    """A message: a one-line title and a plain-text body."""

    title: str
    body: str

    @property
    def line(self) -> str:
        """The title as one line that fits its column. Line breaks and direction controls become spaces."""
        title = one_line(self.title)
        return title if len(title) <= TITLE_LENGTH else title[: TITLE_LENGTH - 1] + "…"


@dataclass(frozen=True, slots=True)
class Recipient:
    """A user to notify, as a member of a company."""

    user_id: UUID
    company_id: UUID
    email: str


async def notify_company(
    session: AsyncSession,
    kind: NotificationKind,
    company_id: UUID,
    message: Message,
    *,
    roles: Collection[MemberRole] = ADMINISTRATORS,
    subject: Identifier | None = None,
) -> None:
    """Send a notification and an email to each member of a company with one of the roles, about `subject`."""
    await notify_members(session, kind, await find_members(session, company_id, roles), message, subject=subject)


async def notify_reviewers(session: AsyncSession, kind: NotificationKind, message: Message, subject: Identifier) -> None:
    """Send a notification and an email to each of the operator's reviewers."""
    operators = (await session.scalars(sa.select(Company.id).where(Company.account_kind == AccountKind.OPERATOR))).all()
    for operator in operators:
        await notify_company(session, kind, operator, message, roles=(MemberRole.REVIEWER,), subject=subject)


async def queue_mail(
    session: AsyncSession, kind: NotificationKind, address: str, message: Message, *, is_confidential: bool = False
) -> None:
    """Queue an email to an address, which need not be a user's (R018). If it holds a token, it `is_confidential`."""
    mail = Mail(kind=kind, to_address=address, subject=message.line, body=message.body, is_confidential=is_confidential)
    session.add(mail)
    await session.flush()


async def notify_members(
    session: AsyncSession,
    kind: NotificationKind,
    members: Sequence[Recipient],
    message: Message,
    *,
    subject: Identifier | None = None,
) -> None:
    """Send each member a notification in each of their companies, and one email to each address."""
    subject_columns = {"subject_type": subject and subject.type, "subject_key": subject and subject.key}
    session.add_all(
        Notification(
            kind=kind,
            title=message.line,
            body=message.body,
            user_id=member.user_id,
            company_id=member.company_id,
            **subject_columns,
        )
        for member in members
    )
    for address in dict.fromkeys(member.email for member in members):
        session.add(Mail(kind=kind, to_address=address, subject=message.line, body=message.body))
    await session.flush()


async def find_member_of(
    session: AsyncSession, user_id: UUID | None, company_id: UUID, partner_id: UUID | None
) -> list[Recipient]:
    """Return a user who acted for a company, if still a member of it or of its partner."""
    companies = [key for key in (company_id, partner_id) if key is not None]
    return await find_members_where(session, Membership.user_id == user_id, Membership.company_id.in_(companies))


def merge_recipients(*groups: Sequence[Recipient]) -> list[Recipient]:
    """Return the recipients of all groups. A user in several of them is notified in the first one's company."""
    merged: dict[UUID, Recipient] = {}
    for recipient in (each for group in groups for each in group):
        merged.setdefault(recipient.user_id, recipient)
    return list(merged.values())


async def notify_user(session: AsyncSession, kind: NotificationKind, user_id: UUID, message: Message) -> None:
    """Send a user one email, and a notification in each of its companies."""
    members = await find_members_where(session, Membership.user_id == user_id)
    if members:
        await notify_members(session, kind, members, message)
    else:
        address = await session.scalar(sa.select(User.email).where(User.id == user_id))
        await queue_mail(session, kind, str(address), message)


async def find_members(session: AsyncSession, company_id: UUID, roles: Collection[MemberRole]) -> list[Recipient]:
    """Return the members of a company with one of the roles, in the order they joined."""
    role_array = sa.cast(postgresql.array([role.value for role in roles]), Membership.roles.type)
    return (
        await find_members_where(session, Membership.company_id == company_id, Membership.roles.overlap(role_array))
        if roles
        else []
    )


async def find_root_user(session: AsyncSession, company_id: UUID) -> list[Recipient]:
    """Return the root user of a company, if it has one: the account administrator who joined first, as its founder did (V32)."""
    return (await find_members(session, company_id, ADMINISTRATORS))[:1]


async def find_root_user_for(session: AsyncSession, company_id: UUID, partner_id: UUID | None) -> list[Recipient]:
    """Return the root user of a company, or its partner's if it has none (V74)."""
    found = await find_root_user(session, company_id)
    return found if found or partner_id is None else await find_root_user(session, partner_id)


async def find_members_where(session: AsyncSession, *conditions: ColumnElement[bool]) -> list[Recipient]:
    """Return the members that match the conditions, which can refer to Membership and User."""
    columns = (Membership.user_id, Membership.company_id, User.email)
    query = sa.select(*columns).join(User, User.id == Membership.user_id).where(*conditions).order_by(Membership.id)
    rows = await session.execute(query)
    return [Recipient(user_id, company_id, email) for user_id, company_id, email in rows if email is not None]
