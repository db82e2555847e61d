"""How people come into a company.

Nobody learns from it who has an account. Whoever is named by an address that the viewer may not read becomes a new, unclaimed user,
whether or not somebody has an account under the address. Invitations let the address's owner claim it.
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
RATE_LIMITED: Final = f"Your company has named {MAX_LOOKUPS} new people within an hour. Try again later."


def person(fields: InputReader) -> User:
    """A person by address and name, whom nobody is known to be."""
    return User(email=fields.email("email", required=True), name=fields.text("name", MAX_NAME_LENGTH), claimed=False)


async def find_known_user(work: UnitOfWork, fields: InputReader, named: User, partner: UUID) -> User:
    """The user whom the viewer may read and who has this address, or else the person who was named (V21)."""
    same = sa.func.lower(User.email) == sa.func.lower(named.email)
    user: User | None = await work.find_readable("User", same, User.claimed.desc(), User.id)
    if await work.scalar(_named_lately(partner)) >= MAX_LOOKUPS:
        fields.add_error(ErrorCode.TOO_MANY, RATE_LIMITED, "email")
    return user or named


async def add_member(work: UnitOfWork, user: User, company: Company, *roles: MemberRole) -> None:
    """Make a user, who may be new, a member of a company."""
    await work.add(user)
    await work.add(Membership(user_id=user.id, company_id=company.id, roles=list(roles)))


def _named_lately(partner: UUID) -> sa.Select[Any]:
    """How many new people a partner has named for its accounts within an hour."""
    named = sa.select(sa.func.count()).select_from(User).join(Membership, Membership.user_id == User.id)
    return named.where(Membership.partner_id == partner, User.claimed.is_(False), User.created_at > now() - HOUR)
