"""`crossgate security announce`: notify the users affected by a security event, including those of managed accounts (R119)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from commands.announcement import key_of, the_one
from commands.failure import Failure
from commands.store import open_transaction, running_database
from resolvers.notifying.announcements import affected, announce_security, everybody, find_companies, of_company, of_users
from resolvers.notifying.notifications import Recipient
from settings import Settings

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Notify the users affected by a security event.")


@app.callback()
def security() -> None:
    """Notify the users affected by a security event."""


@app.command()
def announce(
    title: Annotated[str, typer.Option(help="The subject, in one line.")],
    body: Annotated[str, typer.Option(help="The message, in plain text.")],
    user: Annotated[list[str] | None, typer.Option(metavar="EMAIL", help="A user. Can be repeated.")] = None,
    company: Annotated[str | None, typer.Option(metavar="ID_OR_NAME", help="All members of this company.")] = None,
    all_users: Annotated[bool, typer.Option("--all", help="All users.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print who would be notified.")] = False,
) -> None:
    """Notify each user directly, with one mail. Users of managed accounts are notified too; their partner is not."""
    if [bool(user), company is not None, all_users].count(True) != 1:
        raise typer.BadParameter("use exactly one of --user, --company and --all", param_hint="--user")
    with running_database(Settings.load()) as settings:
        typer.echo(asyncio.run(_announce(settings, title, body, user or [], company, dry_run=dry_run)))


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
        return await affected(session, of_company(the_one(companies, f"company {company}")))
    if not emails:
        return await affected(session, everybody())
    members = await affected(session, of_users(emails))
    found = {member.email.lower() for member in members}
    if unknown := [email for email in emails if email.lower() not in found]:
        raise Failure(f"No user has the email address {', '.join(unknown)}. Nobody was notified.")
    return members
