"""Embed sessions: an API key's program creates a token with which the pages of a portal act for one company."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import pytest

from models.base import now
from tests.client import ANONYMOUS, Answer, Client
from tests.event_streams import Closed, opened
from tests.factory import Account, Company, Factory
from tests.rules.answers import response_of
from tests.rules.mutations import send, user_error
from tests.rules.test_api_key import ask, key_of

CREATE: Final = """mutation ($input: CreateEmbedSessionInput!) {
  createEmbedSession(input: $input) { token expiresAt userErrors { code field } } }"""
WHO: Final = "{ viewer { user { name } company { id } roles pricingVisible } }"
ORIGIN: Final = "https://portal.partner.example"
RENAME: Final = "mutation ($input: UpdatePortInput!) { updatePort(input: $input) { port { name } userErrors { code } } }"


async def create(client: Client, secret: str, company: Any, **more: Any) -> dict[str, Any]:
    """Create an embed session with an API key."""
    values = {"companyId": company.id, "origin": ORIGIN, **more}
    answer = await ask(client, secret, CREATE, input=values)
    assert [] == answer.errors
    payload: dict[str, Any] = answer.data["createEmbedSession"]
    return payload


async def embed(client: Client, secret: str, company: Any, **more: Any) -> str:
    """Return the token of a new embed session."""
    created = await create(client, secret, company, **more)
    assert [] == created["userErrors"]
    token: str = created["token"]
    return token


async def as_page(client: Client, token: str, query: str, *, origin: str | None = ORIGIN, **variables: Any) -> Answer:
    """Send a query as a page of an origin does."""
    return await ask(client, token, query, origin=origin, **variables)


async def partner_and_account(factory: Factory, **settings: Any) -> tuple[Company, Account]:
    """Create a partner with a portal, and an account that it manages."""
    partner = await factory.partner()
    await factory.portal_origin(partner, ORIGIN)
    return partner, await factory.managed_account(partner, **settings)


async def company_with_portal(factory: Factory) -> Company:
    """Create a company with a portal."""
    company = await factory.company()
    await factory.portal_origin(company, ORIGIN)
    return company


def refused(code: str, *field: str) -> dict[str, Any]:
    """Return the payload of a refused creation."""
    return {"token": None, "expiresAt": None, "userErrors": [user_error(code, *field)]}


@pytest.mark.parametrize("pricing", [True, False])
async def test_embed_session_sees_what_a_member_with_its_roles_sees_V52(
    client: Client, factory: Factory, pricing: bool
) -> None:
    """For an account that the partner manages, the session has the account's settings and reads the same rows and fields."""
    partner, account = await partner_and_account(factory, pricing=pricing)
    await factory.port(account.company, name="Ours")
    await factory.port(partner, name="The partner's")
    member = await factory.user(account.company, "VIEWER")
    token = await embed(client, await key_of(client, partner, "VIEWER", "NETWORK_ADMIN"), account.company, roles=["VIEWER"])
    reads = (
        "{ ports { totalCount nodes { name monthlyRate { amount } } } companies { totalCount } notifications { totalCount } }"
    )

    who = await as_page(client, token, WHO)

    viewer = who.data["viewer"]
    assert (account.company.id, ["VIEWER"], pricing) == (
        viewer["company"]["id"],
        viewer["roles"],
        viewer["pricingVisible"],
    )
    assert response_of(await client(member.email, reads)) == response_of(await as_page(client, token, reads))


async def test_embed_session_acts_with_its_roles_only_V52(client: Client, factory: Factory) -> None:
    """A session with the network's role renames the account's port. One with fewer roles can't."""
    partner, account = await partner_and_account(factory)
    port = await factory.port(account.company, name="Old")
    secret = await key_of(client, partner, "NETWORK_ADMIN", "VIEWER")
    values = {"id": port.id, "version": 1, "name": "New"}

    able, unable = await embed(client, secret, account.company), await embed(client, secret, account.company, roles=["VIEWER"])
    denied = await as_page(client, unable, RENAME, input=values)
    renamed = await as_page(client, able, RENAME, input=values)

    assert [{"code": "FORBIDDEN"}] == denied.data["updatePort"]["userErrors"]
    assert {"port": {"name": "New"}, "userErrors": []} == renamed.data["updatePort"]


async def test_audit_log_names_the_user_of_the_portal_V52(client: Client, factory: Factory) -> None:
    """Changes and denials of the session have the key's name and the portal's name for its user. The account sees the latter only."""
    partner, account = await partner_and_account(factory)
    operator = await factory.operator()
    port = await factory.port(account.company, name="Old")
    secret = await key_of(client, partner, "NETWORK_ADMIN")
    token = await embed(client, secret, account.company, externalUser="  customer 4711 ")
    await as_page(client, token, RENAME, input={"id": port.id, "version": 1, "name": "New"})
    await as_page(client, token, "{ ports(orderBy: {field: MONTHLY_RATE}) { totalCount } }")
    await client.app.state.services.audit.flush()

    query = "{ auditEvents(first: 2) { nodes { kind externalUser user { name } } } }"
    events = [(await client(admin, query)).data["auditEvents"]["nodes"] for admin in (operator.admin, account.admin)]

    named = {"externalUser": "customer 4711", "user": {"name": "Billing export"}}
    unnamed = {**named, "user": None}
    assert [[{"kind": kind, **names} for kind in ("DENIAL", "CHANGE")] for names in (named, unnamed)] == events


@pytest.mark.parametrize("origin", [None, "https://evil.example.com", "http://portal.partner.example", "null"])
async def test_token_works_from_its_origin_only_V52_V63_V70(client: Client, factory: Factory, origin: str | None) -> None:
    """Every request needs the Origin header of the session, over HTTP and on sockets."""
    company = await company_with_portal(factory)
    token = await embed(client, await key_of(client, company), company)

    elsewhere = await as_page(client, token, WHO, origin=origin)
    async with opened(client.app) as socket:  # without an Origin header
        await socket.send({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}})
        with pytest.raises(Closed) as closed:
            await socket.receive()

    assert (200, 401, 4403) == ((await as_page(client, token, WHO)).status, elsewhere.status, closed.value.code)


async def test_session_ends_with_its_key_V52_V59(client: Client, factory: Factory) -> None:
    """Once the key is revoked, the tokens made with it are refused."""
    company = await company_with_portal(factory)
    created = await send(client, company.admin, "createApiKey", "apiKey { id } secret", name="Portal", roles=["VIEWER"])
    token = await embed(client, created["secret"], company)

    before = await as_page(client, token, WHO)
    await send(client, company.admin, "revokeApiKey", "apiKey { id }", id=created["apiKey"]["id"])
    after = await as_page(client, token, WHO)

    assert (200, 401) == (before.status, after.status)


async def test_only_api_keys_create_embed_sessions_V52(client: Client, factory: Factory) -> None:
    """Neither users nor visitors nor embed sessions can, and keys only for their company and its accounts."""
    partner, account = await partner_and_account(factory)
    stranger, foreign = await factory.company(), await factory.managed_account(await factory.partner())
    await factory.profile(stranger)
    secret = await key_of(client, partner)
    token = await embed(client, secret, account.company)
    values = {"companyId": account.company.id, "origin": ORIGIN}

    for viewer, code in ((partner.admin, "FORBIDDEN"), (account.admin, "FORBIDDEN"), (ANONYMOUS, "NOT_FOUND")):
        answer = (await client(viewer, CREATE, input=values)).data["createEmbedSession"]
        assert refused(code, "companyId") == answer, viewer
    nested = (await as_page(client, token, CREATE, input=values)).data["createEmbedSession"]

    assert refused("FORBIDDEN", "companyId") == nested
    assert refused("FORBIDDEN", "companyId") == await create(client, secret, stranger)
    assert refused("NOT_FOUND", "companyId") == await create(client, secret, foreign.company)
    assert refused("FORBIDDEN", "companyId") == await create(client, await key_of(client, account.company), partner)


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"roles": ["FINANCE"]}, "INVALID_VALUE", ("roles", "0")),
        ({"roles": ["VIEWER", "ACCOUNT_ADMIN"]}, "INVALID_VALUE", ("roles", "1")),
        ({"origin": "portal.partner.example"}, "INVALID_VALUE", ("origin",)),
        ({"origin": "https://portal.partner.example/page"}, "INVALID_VALUE", ("origin",)),
        ({"seconds": 3601}, "INVALID_VALUE", ("seconds",)),
        ({"seconds": 59}, "INVALID_VALUE", ("seconds",)),
        ({"seconds": -1}, "INVALID_VALUE", ("seconds",)),
        ({"externalUser": "x" * 201}, "TOO_LONG", ("externalUser",)),
        ({"externalUser": "a\nb"}, "INVALID_TEXT", ("externalUser",)),
    ],
)
async def test_invalid_session_is_refused_and_not_cut_V52_V63(
    client: Client, factory: Factory, values: dict[str, Any], code: str, field: tuple[str, ...]
) -> None:
    """More roles than the key's, more than an hour, or something that is no origin, is an error."""
    company = await company_with_portal(factory)

    assert refused(code, *field) == await create(client, await key_of(client, company, "VIEWER"), company, **values)


async def test_token_lasts_as_long_as_requested_V52(client: Client, factory: Factory) -> None:
    """By default 15 minutes, and at most an hour."""
    company = await company_with_portal(factory)
    secret = await key_of(client, company)

    usual, longest = await create(client, secret, company), await create(client, secret, company, seconds=3600)

    lasting = [(datetime.fromisoformat(each["expiresAt"]) - now()).total_seconds() for each in (usual, longest)]
    assert [900, 3600] == [pytest.approx(seconds, abs=60) for seconds in lasting]


async def test_nothing_outlives_the_token_V52(client: Client, factory: Factory) -> None:
    """Once the token has expired, an open subscription ends and downloads are refused like queries: nobody becomes anonymous."""
    company = await company_with_portal(factory)
    tokens = client.app.state.tokens
    claims = tokens.verify(await embed(client, await key_of(client, company), company))
    token = tokens.issue_embedded(claims.user_id, claims.embed, 2)
    bearer = {"Authorization": f"Bearer {token}", "Origin": ORIGIN}

    async with opened(client.app, [(b"origin", ORIGIN.encode())]) as socket:
        await socket.send({"type": "connection_init", "payload": bearer})
        assert {"type": "connection_ack"} == await socket.receive()
        await socket.send({"type": "subscribe", "id": "ports", "payload": {"query": "subscription { portUpdated { id } }"}})
        before = (await client.http.get("/leads.csv", headers=bearer)).status_code
        with pytest.raises(Closed) as closed:
            await socket.receive()
    after = [(await as_page(client, token, WHO)).status, (await client.http.get("/leads.csv", headers=bearer)).status_code]

    assert (4403, "The token has expired. Sign in again.") == (closed.value.code, closed.value.reason)
    assert (200, [401, 401]) == (before, after)
