"""Helpers for tests of identity: users with passwords, sessions, and the tokens in emails."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import EmailToken, Mail, SignInAttempt, User
from models.base import now
from models.database import connect
from models.embedded import Embedded
from resolvers.identity.passwords import Passwords
from tests import databases
from tests.client import Client
from tests.factory import Company, Factory
from tests.rules.mutations import send

PASSWORD: Final = "seven green boats row north"
OTHER_PASSWORD: Final = "nine brown kites fly south"
TOKENS: Final = "tokens { accessToken expiresAt refreshToken }"
CODE: Final = re.compile(r"code: (\S+)")
LINK: Final = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class Person:
    """A user of a company with a password."""

    email: str
    company: Company


async def give_password(engine: AsyncEngine, email: str, password: str = PASSWORD) -> None:
    """Give a user a password, as if it had verified its address."""
    passwords = Passwords()
    hashed = await passwords.hash(password)
    passwords.close()
    values = {"password_hash": hashed, "email_verified_at": now()}
    async with engine.connect() as connection:
        await connection.execute(sa.update(User).where(User.email == email).values(values))


@asynccontextmanager
async def market_with_password(postgres: Embedded, demo: str, email: str) -> AsyncIterator[str]:
    """Yield the URL of a sample market in which one user has a password."""
    async with databases.copied(postgres, demo) as url:
        engine = connect(url)
        await give_password(engine, email)
        await engine.dispose()
        yield url


async def person(factory: Factory, engine: AsyncEngine) -> Person:
    """Create a company whose account administrator has PASSWORD."""
    company = await factory.company()
    await give_password(engine, company.admin)
    return Person(company.admin, company)


async def sign_in(client: Client, email: str, password: str = PASSWORD, **values: Any) -> dict[str, Any]:
    """Sign in and return the tokens."""
    answer = await send(client, None, "signIn", TOKENS, email=email, password=password, **values)
    assert [] == answer["userErrors"]
    tokens: dict[str, Any] = answer["tokens"]
    return tokens


async def refresh(client: Client, token: str | None, **more: Any) -> dict[str, Any]:
    """Refresh tokens and return the payload."""
    return await send(client, None, "refreshTokens", TOKENS, refreshToken=token, **more)


async def ask(client: Client, token: str | None, query: str, **variables: Any) -> Any:
    """Send a query with an access token, and return the status and the data."""
    headers = {"Accept": "application/graphql-response+json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    response = await client.http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
    return response.status_code, response.json().get("data")


async def mutate(client: Client, token: str | None, mutation: str, selection: str, **values: Any) -> Any:
    """Send a mutation with an access token, and return its payload, or the status if it has no data."""
    name = f"{mutation[0].upper()}{mutation[1:]}"
    query = f"mutation ($input: {name}Input!) {{ {mutation}(input: $input) {{ {selection} userErrors {{ code field }} }} }}"
    status, data = await ask(client, token, query, input=values)
    return status if data is None else data[mutation]


async def mails_to(engine: AsyncEngine, address: str) -> list[str]:
    """Return subject and body of the emails to an address, oldest first."""
    query = sa.select(Mail.subject, Mail.body).where(Mail.to_address == address).order_by(Mail.id)
    async with engine.connect() as connection:
        return [f"{subject}\n{body}" for subject, body in (await connection.execute(query)).all()]


async def code_in_mail(engine: AsyncEngine, address: str) -> str:
    """Return the code in the latest email to an address."""
    found = CODE.search((await mails_to(engine, address))[-1])
    assert found
    return found[1]


async def forget_attempts(engine: AsyncEngine) -> None:
    """Delete all attempts to sign in, as if their time were over."""
    async with engine.connect() as connection:
        await connection.execute(sa.delete(SignInAttempt))


async def lifetime_of_codes(engine: AsyncEngine) -> timedelta:
    """Return how long the latest code in an email works."""
    query = sa.select(EmailToken.created_at, EmailToken.expires_at).order_by(EmailToken.id.desc()).limit(1)
    async with engine.connect() as connection:
        created_at, expires_at = (await connection.execute(query)).one()
    lifetime: timedelta = expires_at - created_at
    return lifetime


async def expire_codes(engine: AsyncEngine) -> None:
    """Let all codes in emails expire."""
    async with engine.connect() as connection:
        await connection.execute(sa.update(EmailToken).values(expires_at=now()))
