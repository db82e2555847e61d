"""How people come into a company.

Until people can be invited (V49), only somebody whom the viewer may read anyway is let in. Any other address gets one and the same
answer, whether somebody has an account under it or not.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from models import Company, Membership, User
from models.membership import MemberRole
from models.user import LONGEST_NAME
from resolvers.asked import Asked
from resolvers.problems import Code
from resolvers.work import Work

MOST_UNKNOWN: Final = 20  # addresses of people whom a company's people may not read, that they name within an hour
UNKNOWN: Final = (
    "Enter the address of a member of your company or of an account that you manage, or leave the person out."
    " Other people cannot be added yet."
)
OFTEN: Final = f"Your company has named {MOST_UNKNOWN} people whom it does not know within an hour. Try again later."


def person(asked: Asked) -> str | None:
    """The address of a person who is named."""
    address = asked.email("email", required=True)
    asked.text("name", LONGEST_NAME)
    return address


async def known(work: Work, asked: Asked, address: str) -> User | None:
    """The user whom the viewer may read and who has this address; else None, and the problem is noted (V21)."""
    if await work.refused_lately("User", "read", Code.NOT_FOUND) >= MOST_UNKNOWN:
        asked.note(Code.TOO_MANY, OFTEN, "email")
        return None
    user: User | None = await work.reads("User", sa.func.lower(User.email) == sa.func.lower(address))
    if user is None:
        work.miss(asked, "email", "User", "read", UNKNOWN)
    return user


async def let_in(work: Work, user: User, company: Company, *roles: MemberRole) -> None:
    """Make a user a member of a company."""
    await work.add(Membership(user_id=user.id, company_id=company.id, roles=list(roles)))
