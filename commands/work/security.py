"""Announcements of security events, to the users that they affect, including those of managed accounts (R119)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from commands.announcement import key_of, the_one
from commands.failure import Failure
from commands.store import open_transaction, running_database
from resolvers.notifying.announcements import affected, announce_security, everybody, find_companies, members_of, of_users
from resolvers.notifying.notifications import Recipient
from settings import Settings


def announce(title: str, body: str, emails: Sequence[str], company: str | None, *, dry_run: bool) -> str:
    """Notify users, the members of a company, or all users if neither is given. Returns the text to print. Raises Failure."""
    with running_database(Settings.load()) as settings:
        return asyncio.run(_announce(settings, title, body, emails, company, dry_run=dry_run))


async def _announce(
    settings: Settings, title: str, body: str, emails: Sequence[str], company: str | None, *, dry_run: bool
) -> str:
    async with open_transaction(settings) as session:
        members = await _members(session, emails, company)
        people = sorted({member.email for member in members})
        if dry_run:
            return "\n".join([f"Would notify {len(people)} people:", *people])
        await announce_security(session, members, title, body)
    return f"Notified {len(people)} people."


async def _members(session: AsyncSession, emails: Sequence[str], company: str | None) -> list[Recipient]:
    """Return the affected members. Raises Failure if a user or the company isn't found."""
    if company is not None:
        companies = await find_companies(session, company, key_of(company, "Company"))
        return await affected(session, members_of(the_one(companies, f"company {company}")))
    if not emails:
        return await affected(session, everybody())
    members = await affected(session, of_users(emails))
    found = {member.email.lower() for member in members}
    if unknown := [email for email in emails if email.lower() not in found]:
        raise Failure(f"No user has the email address {', '.join(unknown)}. Nobody was notified.")
    return members
