"""How people come into a company."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from models import Company, Membership, User
from models.membership import MemberRole
from models.user import LONGEST_NAME
from resolvers.asked import Asked
from resolvers.problems import Code
from resolvers.work import Work

OTHERS: Final = "Somebody whom the viewer does not know has this address, and has to be invited."


def person(asked: Asked) -> User:
    """A person by address and name."""
    return User(email=asked.email("email", required=True), name=asked.text("name", LONGEST_NAME))


async def known(work: Work, asked: Asked, named: User) -> User:
    """The user whom the viewer knows by this address, or a new one. Whom it does not know, it puts in no company (V21)."""
    user: User | None = await work.one(sa.select(User).where(sa.func.lower(User.email) == sa.func.lower(named.email)))
    if user is None:
        return named
    if not await work.may("User", user, "read"):
        asked.note(Code.TAKEN, OTHERS, "email")
    return user


async def let_in(work: Work, user: User, company: Company, *roles: MemberRole) -> None:
    """Make a user, who may be new, a member of a company."""
    await work.add(user)
    await work.add(Membership(user_id=user.id, company_id=company.id, roles=list(roles)))
