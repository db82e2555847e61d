"""A recent sign-in: giving roles and creating API keys need a password within the last 15 minutes, reading and leaving don't."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Session
from models.base import now
from tests.client import Client
from tests.factory import Factory
from tests.rules.identity import ask, mutate, person, refresh, sign_in
from tests.rules.mutations import stored_rows, user_error

MEMBER: Final = "query ($id: ID!) { node(id: $id) { ... on Membership { viewerCan } } viewer { session { recentUntil } } }"
WHY: Final = """query ($id: ID!) { explain(typeName: "Membership", id: $id, action: "update") { allowed reason } }"""


async def token_after(client: Client, engine: AsyncEngine, email: str, **ago: float) -> str:
    """Return an access token of a session whose user signed in some time ago, and which was refreshed since."""
    tokens = await sign_in(client, email)
    async with engine.connect() as connection:
        await connection.execute(sa.update(Session).values(auth_time=now() - timedelta(**ago)))
    token: str = (await refresh(client, tokens["refreshToken"]))["tokens"]["accessToken"]
    return token


async def test_giving_roles_needs_a_recent_sign_in_V50_V66(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """A refreshed token gives no roles 15 minutes after the password. Another sign-in restores the right."""
    admin = await person(factory, rules_engine)
    member = (await factory.user(admin.company, "VIEWER")).membership
    old, fresh = await token_after(client, rules_engine, admin.email, minutes=16), await sign_in(client, admin.email)
    before = await stored_rows(rules_engine)

    refused = await mutate(client, old, "updateMember", "membership { roles }", id=member.id, roles=["FINANCE"])
    unchanged = before == await stored_rows(rules_engine)
    given = await mutate(client, fresh["accessToken"], "updateMember", "membership { roles }", id=member.id, roles=["FINANCE"])

    assert {"membership": None, "userErrors": [user_error("RECENT_SIGN_IN_REQUIRED", "id")]} == refused
    assert unchanged
    assert {"membership": {"roles": ["FINANCE"]}, "userErrors": []} == given


async def test_creating_api_keys_needs_a_recent_sign_in_V51_V66(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """An old sign-in creates no key."""
    admin = await person(factory, rules_engine)
    token = await token_after(client, rules_engine, admin.email, minutes=16)

    refused = await mutate(client, token, "createApiKey", "secret", name="Export", roles=["VIEWER"])

    assert {"secret": None, "userErrors": [user_error("RECENT_SIGN_IN_REQUIRED")]} == refused


async def test_viewer_can_and_explain_say_that_a_recent_sign_in_is_missing_V66(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """After 14 minutes the action is listed. After 16 it isn't, `explain` says why, and `recentUntil` said when."""
    admin = await person(factory, rules_engine)
    member = (await factory.user(admin.company, "VIEWER")).membership
    recent = await token_after(client, rules_engine, admin.email, minutes=14)
    old = await token_after(client, rules_engine, admin.email, minutes=16)

    (_, shown), (_, hidden) = [await ask(client, token, MEMBER, id=member.id) for token in (recent, old)]
    _, why = await ask(client, old, WHY, id=member.id)

    assert (["READ", "UPDATE", "REMOVE"], ["READ", "REMOVE"]) == (shown["node"]["viewerCan"], hidden["node"]["viewerCan"])
    assert {"allowed": False, "reason": "RECENT_SIGN_IN_REQUIRED"} == why["explain"]
    assert _recent_until(hidden) < now()


async def test_old_sign_in_does_everything_else_V66(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Reading, ordering and leaving don't ask for the password again."""
    admin = await person(factory, rules_engine)
    port = await factory.port(admin.company, name="Old")
    token = await token_after(client, rules_engine, admin.email, days=20)

    renamed = await mutate(client, token, "updatePort", "port { name }", id=port.id, version=1, name="New")

    assert {"port": {"name": "New"}, "userErrors": []} == renamed


async def test_schema_does_not_depend_on_a_recent_sign_in_V66(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A client's document stays valid when the sign-in gets old: introspection shows the same mutations."""
    admin = await person(factory, rules_engine)
    recent = await token_after(client, rules_engine, admin.email, minutes=1)
    old = await token_after(client, rules_engine, admin.email, minutes=16)

    shown, later = [await ask(client, token, '{ __type(name: "Mutation") { fields { name } } }') for token in (recent, old)]

    assert shown == later
    assert {"name": "updateMember"} in shown[1]["__type"]["fields"]


def _recent_until(data: Any) -> datetime:
    return datetime.fromisoformat(data["viewer"]["session"]["recentUntil"])


async def test_inviting_needs_a_recent_sign_in_V49_V66(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """An invitation gives roles, so an old sign-in sends none."""
    admin = await person(factory, rules_engine)
    token = await token_after(client, rules_engine, admin.email, minutes=16)

    refused = await mutate(
        client, token, "inviteMember", "invitation { id }", email="new@sample.example", roles=["ACCOUNT_ADMIN"]
    )

    assert {"invitation": None, "userErrors": [user_error("RECENT_SIGN_IN_REQUIRED")]} == refused
