"""Adds people to companies.

It never reveals who has an account. A person with an address that the viewer can't read becomes a new, unclaimed user, whether or not
someone else has an account with that address. An invitation lets the owner of the address claim the user.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from models import Company, Membership, User
from models.base import now
from models.membership import MemberRole
from models.user import MAX_NAME_LENGTH
from resolvers.writing.input_reader import InputReader
from resolvers.writing.unit_of_work import UnitOfWork
from resolvers.writing.user_errors import ErrorCode

MAX_LOOKUPS: Final = 100
HOUR: Final = timedelta(hours=1)
RATE_LIMITED: Final = f"Your company can add at most {MAX_LOOKUPS} new people an hour. Try again later."


def read_person(fields: InputReader) -> User:
    """Read an email address and a name into a new, unclaimed user."""
    return User(email=fields.email("email", required=True), name=fields.text("name", MAX_NAME_LENGTH), claimed=False)


async def find_known_user(work: UnitOfWork, fields: InputReader, new_user: User, partner: UUID) -> User:
    """Return the user with this address if the viewer can read it, otherwise `new_user` (V21)."""
    same_email = sa.func.lower(User.email) == sa.func.lower(new_user.email)
    user: User | None = await work.find_readable("User", same_email, User.claimed.desc(), User.id)
    if await work.scalar(_count_recent(partner)) >= MAX_LOOKUPS:
        fields.add_error(ErrorCode.TOO_MANY, RATE_LIMITED, "email")
    return user or new_user


async def add_member(work: UnitOfWork, user: User, company: Company, *roles: MemberRole) -> None:
    """Add a user, new or existing, to a company."""
    await work.add(user)
    await work.add(Membership(user_id=user.id, company_id=company.id, roles=list(roles)))


def _count_recent(partner: UUID) -> sa.Select[Any]:
    """Count the new people a partner has added to its accounts within the last hour."""
    query = sa.select(sa.func.count()).select_from(User).join(Membership, Membership.user_id == User.id)
    return query.where(Membership.partner_id == partner, User.claimed.is_(False), User.created_at > now() - HOUR)
