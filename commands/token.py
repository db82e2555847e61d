"""`crossgate token`: print a user's bearer token, and nothing else, to standard output."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from commands.demo.membership import DEMO_USERS
from commands.failure import Failure
from commands.store import open_database, requiring_tables, running_database
from resolvers.reading.viewers import find_member
from settings import Settings
from transport.authentication.tokens import Tokens

app = typer.Typer(add_completion=False)
NOT_IN_PRODUCTION: Final = (
    "No token was printed, because this isn't development mode, and a token lets its holder act as the user. "
    "To see what a user sees, send X-Crossgate-View-As with your own token. On a machine for development, add --development."
)


@app.command()
def token(
    email: Annotated[str, typer.Option("--as", metavar="EMAIL", help="The user's email address.")],
    development: Annotated[bool, typer.Option("--development", help="Confirm that this is a machine for development.")] = False,
    lifetime: Annotated[int | None, typer.Option(min=1, metavar="SECONDS", help="How long the token is valid.")] = None,
) -> None:
    """Print a bearer token for a user, in development mode."""
    loaded = Settings.load(**({"development": True} if development else {}))
    if not loaded.development:
        raise Failure(NOT_IN_PRODUCTION)
    with running_database(loaded) as settings:
        typer.echo(asyncio.run(_token(settings, email, lifetime or settings.token_lifetime)))


async def _token(settings: Settings, email: str, lifetime: int) -> str:
    async with open_database(settings) as engine:
        return await issue(engine, Tokens.load(settings.signing_key_file), email, lifetime)


async def issue(engine: AsyncEngine, tokens: Tokens, email: str, lifetime: int) -> str:
    """Issue a token for a user, acting for the company that they joined first. Raises Failure."""
    with requiring_tables():
        member = await find_member(engine, email)
    if member is None:
        raise Failure(f"No user has the email address {email}. The demo users are {', '.join(DEMO_USERS)}.")
    return tokens.issue(member.user_id, member.membership_id, lifetime)
