"""Accounts: the users that sign in with an email address. The requester isn't signed in yet, so policy can't decide what is found.

Nothing that is found here may show in an answer before a password or a token from an email has proved who is asking.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from models import Membership, User
from resolvers.writing.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Account:
    """A user that owns its email address, with the hash of its password, if it has chosen one."""

    user_id: UUID
    email: str
    name: str
    password_hash: str | None = field(repr=False)


async def find_account(work: UnitOfWork, address: str) -> Account | None:
    """Return the account with an email address, in any case of its letters, or None."""
    columns = (User.id, User.email, User.name, User.password_hash)
    query = sa.select(*columns).where(sa.func.lower(User.email) == address.lower(), User.claimed)
    row = (await work.session.execute(query)).one_or_none()
    return row and Account(row.id, str(row.email), row.name, row.password_hash)


async def lock_account(work: UnitOfWork, account: Account) -> Any:
    """Return the user of an account, locked, or None if its password has changed meanwhile."""
    is_same = User.password_hash.is_not_distinct_from(account.password_hash)
    query = sa.select(User).where(User.id == account.user_id, is_same).with_for_update(key_share=True)
    return (await work.session.scalars(query)).one_or_none()


async def claim_memberships(work: UnitOfWork, user: UUID, address: str) -> list[Membership]:
    """Give a user the memberships of unclaimed users with an address that it has proved. Returns them.

    A user who belongs to the company already keeps its own membership.
    """
    is_unclaimed = sa.and_(sa.func.lower(User.email) == address.lower(), User.claimed.is_(False))
    query = sa.select(Membership).join(User, User.id == Membership.user_id).where(is_unclaimed)
    unclaimed = list(await work.session.scalars(query.order_by(Membership.id).with_for_update(of=Membership)))
    joined = set(await work.session.scalars(sa.select(Membership.company_id).where(Membership.user_id == user)))
    claimed = list({member.company_id: member for member in reversed(unclaimed) if member.company_id not in joined}.values())
    for member in claimed:
        member.user_id = user
    await work.session.flush()
    return claimed
