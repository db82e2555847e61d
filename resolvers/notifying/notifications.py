"""Telling: what mutations call, inside their transaction, to notify people in the product and by mail (X6).

Nothing is sent here and nothing is committed: a notice becomes rows of the caller's transaction, and goes out once that is committed.
Whoever is told is told all of it, so a notice never holds a price or another value that policy may hide.
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

from models import Mail, Membership, Notification, User
from models.membership import MemberRole
from models.notification import TITLE_LENGTH, NotificationKind
from resolvers.values.identifiers import Identifier
from resolvers.values.text import one_line

ADMINISTRATORS: Final = (MemberRole.ACCOUNT_ADMIN,)


@dataclass(frozen=True, slots=True)
class Message:
    """What people are told: a line, and plain text."""

    title: str
    body: str

    @property
    def line(self) -> str:
        """The title as one line that fits its column. Only what breaks or turns a line is replaced, by a space."""
        whole = one_line(self.title)
        return whole if len(whole) <= TITLE_LENGTH else whole[: TITLE_LENGTH - 1] + "…"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody to be told, as a member of a company."""

    user_id: UUID
    company_id: UUID
    email: str


async def notify_company(
    session: AsyncSession,
    kind: NotificationKind,
    company_id: UUID,
    text: Message,
    *,
    roles: Collection[MemberRole] = ADMINISTRATORS,
    subject: Identifier | None = None,
) -> None:
    """Tell each member of a company who holds one of the roles: a notification and a mail. `subject` is what it is about."""
    await notify_members(session, kind, await find_members(session, company_id, roles), text, subject=subject)


async def queue_mail(session: AsyncSession, kind: NotificationKind, address: str, text: Message) -> None:
    """Write a mail to an address, whoever reads it there (R018)."""
    session.add(Mail(kind=kind, to_address=address, subject=text.line, body=text.body))
    await session.flush()


async def notify_members(
    session: AsyncSession,
    kind: NotificationKind,
    members: Sequence[Recipient],
    text: Message,
    *,
    subject: Identifier | None = None,
) -> None:
    """Tell each of these: a notification in each of their companies, and one mail to each of their addresses."""
    about = {"subject_type": subject and subject.type, "subject_key": subject and subject.key}
    session.add_all(
        Notification(kind=kind, title=text.line, body=text.body, user_id=one.user_id, company_id=one.company_id, **about)
        for one in members
    )
    for address in dict.fromkeys(one.email for one in members):
        session.add(Mail(kind=kind, to_address=address, subject=text.line, body=text.body))
    await session.flush()


async def find_members(session: AsyncSession, company_id: UUID, roles: Collection[MemberRole]) -> list[Recipient]:
    """The members of a company who hold one of the roles, in the order in which they joined."""
    held = sa.cast(postgresql.array([role.value for role in roles]), Membership.roles.type)
    return (
        await find_members_where(session, Membership.company_id == company_id, Membership.roles.overlap(held)) if roles else []
    )


async def find_members_where(session: AsyncSession, *conditions: ColumnElement[bool]) -> list[Recipient]:
    """The members of whose memberships, and of whom as users, the conditions are true."""
    columns = (Membership.user_id, Membership.company_id, User.email)
    found = sa.select(*columns).join(User, User.id == Membership.user_id).where(*conditions).order_by(Membership.id)
    return [Recipient(*row) for row in await session.execute(found)]
