"""API keys: who creates and revokes them, and what a program that signs in with one can do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import ApiKey, AuditEvent
from tests.client import ANONYMOUS, Answer, Client
from tests.event_streams import Closed, opened
from tests.factory import Company, Factory
from tests.rules.answers import payload, redaction_at, response_of
from tests.rules.mutations import recorded_changes, send, stored_rows, user_error

KEY: Final = "apiKey { id name prefix roles origins } secret"
REVOKED: Final = "apiKey { revokedAt }"
LISTED: Final = "query ($id: ID!) { company(id: $id) { apiKeys { name roles lastUsedAt viewerCan } } }"
WHO: Final = "{ viewer { user { name email } company { id } roles } }"
KEY_ROLES: Final = ["NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"]
REFUSED: Final = "The API key is not valid, has expired or was revoked, or can't be used from this origin."
ORIGIN: Final = "https://portal.example.com"


async def create(client: Client, viewer: str | None, **more: Any) -> dict[str, Any]:
    """Create an API key."""
    return await send(client, viewer, "createApiKey", KEY, **{"name": "Billing export", "roles": ["VIEWER"], **more})


async def key_of(client: Client, company: Company, *roles: str, **more: Any) -> str:
    """Return the secret of a new API key of a company."""
    secret: str = (await create(client, company.admin, roles=list(roles or ("VIEWER",)), **more))["secret"]
    return secret


async def ask(client: Client, secret: str, query: str, *, origin: str | None = None, **variables: Any) -> Answer:
    """Send a query with an API key, from a web origin if there is one."""
    headers = {"Authorization": f"Bearer {secret}", **({"Origin": origin} if origin else {})}
    return await client.send(ANONYMOUS, query, variables, **headers)


def not_created(code: str, *field: str) -> dict[str, Any]:
    """Return the payload of a refused creation."""
    return {"apiKey": None, "secret": None, "userErrors": [user_error(code, *field)]}


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER", "MANAGED"])
async def test_account_administrator_creates_an_api_key_V51(client: Client, factory: Factory, kind: str) -> None:
    """The key has the roles, and its prefix is the beginning of the secret."""
    admin = await factory.admin_of_kind(kind)

    created = await create(client, admin, roles=["FINANCE", "NETWORK_ADMIN", "FINANCE"], origins=[f"{ORIGIN}/", ORIGIN])

    key = created["apiKey"]
    assert ([], "Billing export", ["NETWORK_ADMIN", "FINANCE"]) == (created["userErrors"], key["name"], key["roles"])
    assert ([ORIGIN], True) == (key["origins"], created["secret"].startswith(f"cgk_{key['prefix']}_"))


async def test_key_acts_as_a_member_with_its_roles_and_its_own_name_V51(client: Client, factory: Factory) -> None:
    """A program that sends the key is in the company, with the key's roles only, under the key's name."""
    company = await factory.company()
    secret = await key_of(client, company, "NETWORK_ADMIN")

    answer = await ask(client, secret, WHO)

    user = {"name": "Billing export", "email": None}
    assert payload({"viewer": {"user": user, "company": {"id": company.id}, "roles": ["NETWORK_ADMIN"]}}) == response_of(answer)


async def test_key_changes_what_a_member_with_its_roles_can_change_V51(client: Client, factory: Factory) -> None:
    """A network administrator's key renames a port, and the audit log has the key's name. A viewer's key can't."""
    company = await factory.company()
    port = await factory.port(company, name="Old")
    able, unable = await key_of(client, company, "NETWORK_ADMIN"), await key_of(client, company, "VIEWER", name="Reader")
    rename = "mutation ($input: UpdatePortInput!) { updatePort(input: $input) { port { name } userErrors { code } } }"
    values = {"id": port.id, "version": 1, "name": "New"}

    refused = await ask(client, unable, rename, input=values)
    renamed = await ask(client, able, rename, input=values)

    assert [{"code": "FORBIDDEN"}] == refused.data["updatePort"]["userErrors"]
    assert {"port": {"name": "New"}, "userErrors": []} == renamed.data["updatePort"]
    audited = await client(company.admin, "{ auditEvents(filter: {kind: CHANGE}, first: 1) { nodes { user { name } } } }")
    assert [{"user": {"name": "Billing export"}}] == audited.data["auditEvents"]["nodes"]


@pytest.mark.parametrize("status", ["UNVERIFIED", "PENDING", "REJECTED"])
async def test_unverified_company_gets_no_api_key_V47(client: Client, factory: Factory, status: str) -> None:
    """A company has to be verified before its programs can act for it."""
    company = await factory.company(verification_status=status)

    assert not_created("COMPANY_NOT_VERIFIED") == await create(client, company.admin)


@pytest.mark.parametrize("roles", [["ACCOUNT_ADMIN"], ["VIEWER", "ACCOUNT_ADMIN"], ["REVIEWER"], []])
async def test_key_never_gets_more_than_a_members_roles_V51(client: Client, factory: Factory, roles: list[str]) -> None:
    """No key is an account administrator, and only the operator's keys are staff."""
    company = await factory.company()

    refused = await create(client, company.admin, roles=roles)

    assert not_created("INVALID_VALUE" if roles else "REQUIRED", "roles") == refused


@pytest.mark.parametrize("role", KEY_ROLES)
async def test_other_roles_neither_create_nor_list_nor_revoke_keys_V51(client: Client, factory: Factory, role: str) -> None:
    """Only account administrators see and manage keys: not other members, and not keys."""
    company = await factory.company()
    created = await create(client, company.admin, roles=[role])
    user = await factory.user(company, role)

    listed = await client(user.email, LISTED, id=company.id)
    listed_by_key = await ask(client, created["secret"], LISTED, id=company.id)

    hidden = payload({"company": {"apiKeys": None}}, redaction_at("company.apiKeys", "ROLE_REQUIRED"))
    assert (hidden, hidden) == (response_of(listed), response_of(listed_by_key))
    assert not_created("FORBIDDEN") == await create(client, user.email)
    refused = await send(client, user.email, "revokeApiKey", REVOKED, id=created["apiKey"]["id"])
    assert {"apiKey": None, "userErrors": [user_error("NOT_FOUND", "id")]} == refused


async def test_keys_are_hidden_from_partner_operator_and_strangers_V51(client: Client, factory: Factory) -> None:
    """Nobody outside a company reads its keys or creates one for it."""
    partner, operator, stranger = await factory.partner(), await factory.operator(), await factory.company()
    account = await factory.managed_account(partner)
    key = (await create(client, account.company.admin))["apiKey"]

    for admin in (partner.admin, operator.admin, stranger.admin):
        by_id = await client(admin, "query ($id: ID!) { node(id: $id) { id } }", id=key["id"])
        refused = await create(client, admin, companyId=account.company.id)
        revoked = await send(client, admin, "revokeApiKey", REVOKED, id=key["id"])

        assert {"node": None} == by_id.data
        assert [user_error("NOT_FOUND" if admin == stranger.admin else "FORBIDDEN", "companyId")] == refused["userErrors"]
        assert [user_error("NOT_FOUND", "id")] == revoked["userErrors"]


async def test_revoked_key_is_refused_from_the_next_request_V51_V59(client: Client, factory: Factory) -> None:
    """A revoked key is no longer accepted. Revoking it again keeps the time."""
    company = await factory.company()
    created = await create(client, company.admin)

    before = await ask(client, created["secret"], WHO)
    revoked = await send(client, company.admin, "revokeApiKey", REVOKED, id=created["apiKey"]["id"])
    after = await ask(client, created["secret"], WHO)
    again = await send(client, company.admin, "revokeApiKey", REVOKED, id=created["apiKey"]["id"])

    assert (200, 401, [REFUSED]) == (before.status, after.status, [error["message"] for error in after.errors])
    assert [] == revoked["userErrors"]
    assert revoked == again


async def test_revoked_key_closes_its_sockets_V51_V59(client: Client, factory: Factory) -> None:
    """A socket closes as soon as its key is revoked. A socket of another key stays."""
    company = await factory.company()
    revoked, kept = await create(client, company.admin), await create(client, company.admin, name="Other")

    async with opened(client.app) as socket, opened(client.app) as other:
        for each, key in ((socket, revoked), (other, kept)):
            await each.send({"type": "connection_init", "payload": {"Authorization": f"Bearer {key['secret']}"}})
            assert {"type": "connection_ack"} == await each.receive()
        await send(client, company.admin, "revokeApiKey", REVOKED, id=revoked["apiKey"]["id"])
        with pytest.raises(Closed) as closed:
            await socket.receive()
        await other.send({"type": "ping"})
        pong = await other.receive()

    assert (4403, REFUSED, {"type": "pong"}) == (closed.value.code, closed.value.reason, pong)


async def test_expired_key_is_refused_V51(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """A key stops working at its time."""
    secret = await key_of(client, await factory.company())
    async with rules_engine.connect() as connection:
        await connection.execute(sa.update(ApiKey).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))

    assert 401 == (await ask(client, secret, WHO)).status


async def test_key_of_another_form_or_secret_is_refused_V51(client: Client, factory: Factory) -> None:
    """An unknown key, a changed secret and a broken checksum get the same answer."""
    secret = await key_of(client, await factory.company())
    other = await key_of(client, await factory.company())

    for wrong in (secret[:-1], f"{secret}x", secret[:15] + other[15:], secret[::-1], "cgk_", "cgk_-"):
        answer = await ask(client, wrong, WHO)

        assert (401, True) == (answer.status, wrong not in str(answer.errors)), wrong


@pytest.mark.parametrize("origin", [None, "https://evil.example.com", "https://portal.example.com:444", "null"])
async def test_key_of_an_origin_works_from_there_only_V51_V63_V70(client: Client, factory: Factory, origin: str | None) -> None:
    """A key bound to origins needs the Origin header that browsers send."""
    secret = await key_of(client, await factory.company(), origins=[ORIGIN])

    assert (200, 401) == (
        (await ask(client, secret, WHO, origin=ORIGIN)).status,
        (await ask(client, secret, WHO, origin=origin)).status,
    )


@pytest.mark.parametrize(
    "origin", ["", "portal.example.com", "http://portal.example.com", "https://portal.example.com/a", "https://*.example.com",
               "https://user@portal.example.com", "ftp://portal.example.com", "null", "*", "https://portal.example.com?x"]
)  # fmt: skip
async def test_invalid_origin_is_refused_V51(client: Client, factory: Factory, origin: str) -> None:
    """An origin has a scheme and a host, and no path, no wildcard and no user."""
    company = await factory.company()

    assert not_created("INVALID_VALUE", "origins", "1") == await create(client, company.admin, origins=[ORIGIN, origin])


@pytest.mark.parametrize("days", [-1, 0, 366])
async def test_key_expires_within_a_year_V51(client: Client, factory: Factory, days: int) -> None:
    """A key's end is in the future, and at most a year away. A time without a zone is in UTC."""
    company = await factory.company()
    expires_at = datetime.now(UTC) + timedelta(days=days)
    soon = (datetime.now(UTC) + timedelta(days=1)).replace(tzinfo=None)

    refused = await create(client, company.admin, expiresAt=expires_at.isoformat())
    created = await create(client, company.admin, expiresAt=soon.isoformat())

    assert (not_created("INVALID_VALUE", "expiresAt"), []) == (refused, created["userErrors"])


async def test_company_has_at_most_twenty_valid_keys_V51(client: Client, factory: Factory) -> None:
    """The twenty-first key is refused until one is revoked, so two can be valid while a program changes to the new one."""
    company = await factory.company()
    keys = [await create(client, company.admin) for _ in range(20)]

    refused = await create(client, company.admin)
    await send(client, company.admin, "revokeApiKey", REVOKED, id=keys[0]["apiKey"]["id"])

    assert not_created("TOO_MANY") == refused
    assert [] == (await create(client, company.admin))["userErrors"]


async def test_secret_is_shown_once_and_stored_nowhere_V51(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """A retry returns the key without its secret. Neither the database nor the audit log has it or its hash in clear."""
    company = await factory.company()

    created = await create(client, company.admin, key="once")
    again = await create(client, company.admin, key="once")

    assert {**created, "secret": None} == again
    async with rules_engine.connect() as connection:
        stored_hash = str(await connection.scalar(sa.select(ApiKey.secret_hash)))
    stored, audited = str(await stored_rows(rules_engine)), str(await recorded_changes(rules_engine))
    assert (True, True) == (stored_hash in stored, created["apiKey"]["prefix"] in audited)
    assert (False, False, False) == (created["secret"] in stored, created["secret"] in audited, stored_hash in audited)


async def test_last_use_is_recorded_by_day_V51(client: Client, factory: Factory) -> None:
    """The first request of a day records the day, and the others write nothing. The owner sees it."""
    company = await factory.company()
    secret = await key_of(client, company)
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)

    before = await client(company.admin, LISTED, id=company.id)
    for _ in range(2):
        await ask(client, secret, WHO)
    after = await client(company.admin, LISTED, id=company.id)

    key = {"name": "Billing export", "roles": ["VIEWER"], "viewerCan": ["READ", "REVOKE"]}
    assert {"company": {"apiKeys": [{**key, "lastUsedAt": None}]}} == before.data
    assert {"company": {"apiKeys": [{**key, "lastUsedAt": today.isoformat()}]}} == after.data


async def test_colleagues_and_partner_read_the_name_of_a_key_that_acted_V51(client: Client, factory: Factory) -> None:
    """The user that a key acts as is visible in its company and to its partner, and to no stranger."""
    partner, stranger = await factory.partner(), await factory.company()
    account = await factory.managed_account(partner)
    secret = await key_of(client, account.company, "VIEWER")
    colleague = await factory.user(account.company, "VIEWER")
    key_user = (await ask(client, secret, "{ viewer { user { id } } }")).data["viewer"]["user"]["id"]
    by_id = "query ($id: ID!) { node(id: $id) { ... on User { name email } } }"

    seen = [
        (await client(viewer, by_id, id=key_user)).data["node"] for viewer in (colleague.email, partner.admin, stranger.admin)
    ]

    shown = {"name": "Billing export", "email": None}
    assert [shown, shown, None] == seen


async def test_denials_of_a_key_are_audited_under_its_name_V51(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """What a key may not read is recorded with the key's user."""
    company = await factory.company()
    secret = await key_of(client, company, "NETWORK_ADMIN")

    await ask(client, secret, "{ ports(orderBy: {field: MONTHLY_RATE}) { totalCount } }")
    await client.app.state.services.audit.flush()

    query = sa.select(ApiKey.name).join(AuditEvent, AuditEvent.user_id == ApiKey.user_id).where(AuditEvent.kind == "DENIAL")
    async with rules_engine.connect() as connection:
        assert ["Billing export"] == list(await connection.scalars(query))
