"""Tokens for users, in development mode."""

from __future__ import annotations

import asyncio
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from commands.demo.membership import DEMO_USERS
from commands.failure import Failure
from commands.store import open_database, requiring_tables, running_database
from resolvers.reading.viewers import find_member
from settings import Settings
from transport.authentication.tokens import Tokens

NOT_IN_PRODUCTION: Final = (
    "No token was printed, because this isn't development mode, and a token lets its holder act as the user. "
    "To see what a user sees, send X-Crossgate-View-As with your own token. On a machine for development, add --development."
)


def new_token(email: str, lifetime: int | None, *, development: bool) -> str:
    """Return a token for a user, with the token lifetime of the settings if not given. Raises Failure outside development mode."""
    loaded = Settings.load(**({"development": True} if development else {}))
    if not loaded.development:
        raise Failure(NOT_IN_PRODUCTION)
    with running_database(loaded) as settings:
        return asyncio.run(_token(settings, email, lifetime or settings.token_lifetime))


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
