"""Webhook endpoints: who creates, changes and sees them, and what an endpoint can be."""

from __future__ import annotations

from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import WebhookEndpoint
from tests.client import Client
from tests.factory import Factory
from tests.rules.answers import payload, redaction_at, response_of
from tests.rules.identity import mutate, person
from tests.rules.mutations import recorded_changes, send, stored_rows, user_error
from tests.rules.test_recent_sign_in import token_after
from tests.webhook_worker import subscribe

URL: Final = "https://example.com/hooks"
LISTED: Final = """query ($id: ID!) { company(id: $id) { webhookEndpoints { totalCount nodes {
  url roles viewerCan deliveries { totalCount } } } } }"""
UPDATED: Final = "webhookEndpoint { url description events roles enabled version }"
TESTED: Final = "webhookDelivery { id event status viewerCan }"
ROTATED: Final = "secret webhookEndpoint { id }"
NEW: Final = {"url": URL, "events": ["PORT_UPDATED"], "roles": ["VIEWER"]}
OTHER_ROLES: Final = ["NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"]


def not_created(code: str, *field: str) -> dict[str, Any]:
    """Return the payload of a refused creation."""
    return {"webhookEndpoint": None, "secret": None, "userErrors": [user_error(code, *field)]}


async def attempts(client: Client, viewer: str | None, created: dict[str, Any], delivery: str) -> list[list[Any]]:
    """Try to change an endpoint in each possible way, and return the user errors."""
    key = created["webhookEndpoint"]["id"]
    tried = [
        await send(client, viewer, "updateWebhookEndpoint", UPDATED, id=key, version=1, url="https://other.example/"),
        await send(client, viewer, "rotateWebhookSecret", ROTATED, id=key),
        await send(client, viewer, "testWebhookEndpoint", TESTED, id=key),
        await send(client, viewer, "deleteWebhookEndpoint", "webhookEndpointId", id=key),
        await send(client, viewer, "replayWebhookDelivery", "webhookDelivery { id }", id=delivery),
    ]
    return [each["userErrors"] for each in tried]


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER", "MANAGED", "OPERATOR"])
async def test_account_administrator_creates_a_webhook_endpoint_V52(client: Client, factory: Factory, kind: str) -> None:
    """The endpoint has each event and role once, in a fixed order, and a secret in the form of Standard Webhooks."""
    admin = (await factory.user(await factory.company(kind=kind), "ACCOUNT_ADMIN")).email if kind == "OPERATOR" else None
    admin = admin or await factory.admin_of_kind(kind)

    created = await subscribe(
        client, admin, URL, "PORT_UPDATED", "PORT_CREATED", "PORT_UPDATED", roles=["VIEWER", "FINANCE"], description="Ours"
    )

    endpoint = created["webhookEndpoint"]
    assert [] == created["userErrors"]
    assert (URL, "Ours", True, 1) == tuple(endpoint[name] for name in ("url", "description", "enabled", "version"))
    assert (["PORT_CREATED", "PORT_UPDATED"], ["FINANCE", "VIEWER"]) == (endpoint["events"], endpoint["roles"])
    assert (True, len("whsec_") + 44) == (created["secret"].startswith("whsec_"), len(created["secret"]))


async def test_partner_runs_the_endpoints_of_its_accounts_V14_V52(client: Client, factory: Factory) -> None:
    """A partner's administrator creates an endpoint for an account. The account's administrator runs it too."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)

    created = await subscribe(client, partner.admin, URL, companyId=account.company.id)
    key = created["webhookEndpoint"]["id"]
    updated = await send(client, account.admin, "updateWebhookEndpoint", UPDATED, id=key, version=1, description="Theirs")
    tested = await send(client, partner.admin, "testWebhookEndpoint", TESTED, id=key)

    assert (account.company.id, []) == (created["webhookEndpoint"]["company"]["id"], created["userErrors"])
    assert ("Theirs", 2, []) == (
        updated["webhookEndpoint"]["description"],
        updated["webhookEndpoint"]["version"],
        updated["userErrors"],
    )
    delivery = tested["webhookDelivery"]
    assert ("WEBHOOK_TEST", "PENDING", ["READ", "REPLAY"]) == (delivery["event"], delivery["status"], delivery["viewerCan"])
    for admin in (partner.admin, account.admin):
        listed = await client(admin, LISTED, id=account.company.id)
        can = ["READ", "UPDATE", "DELETE", "ROTATE_SECRET", "TEST"]
        node = {"url": URL, "roles": ["VIEWER"], "viewerCan": can, "deliveries": {"totalCount": 1}}
        assert {"company": {"webhookEndpoints": {"totalCount": 1, "nodes": [node]}}} == listed.data


async def test_other_companies_see_neither_endpoints_nor_deliveries_V14_V52(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """For a stranger, another partner, another account of the partner and the operator, they don't exist."""
    partner, operator, stranger = await factory.partner(), await factory.operator(), await factory.company()
    account, sibling = await factory.managed_account(partner), await factory.managed_account(partner)
    other_partner = await factory.partner()
    created = await subscribe(client, account.admin, URL)
    key = created["webhookEndpoint"]["id"]
    delivery = (await send(client, account.admin, "testWebhookEndpoint", TESTED, id=key))["webhookDelivery"]["id"]
    before = await stored_rows(rules_engine)

    for admin in (operator.admin, stranger.admin, sibling.admin, other_partner.admin):
        for each in (key, delivery):
            assert {"node": None} == (await client(admin, "query ($id: ID!) { node(id: $id) { id } }", id=each)).data
        missing = [user_error("NOT_FOUND", "id")]
        assert [missing] * 5 == await attempts(client, admin, created, delivery)
        refused = await subscribe(client, admin, URL, companyId=account.company.id)
        assert refused["userErrors"] in ([user_error("NOT_FOUND", "companyId")], [user_error("FORBIDDEN", "companyId")])

    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("role", OTHER_ROLES)
async def test_other_roles_neither_create_nor_see_endpoints_V52(client: Client, factory: Factory, role: str) -> None:
    """Only account administrators see and run endpoints."""
    company = await factory.company()
    created = await subscribe(client, company.admin, URL)
    key = created["webhookEndpoint"]["id"]
    delivery = (await send(client, company.admin, "testWebhookEndpoint", TESTED, id=key))["webhookDelivery"]["id"]
    user = await factory.user(company, role)

    listed = await client(user.email, LISTED, id=company.id)

    hidden = payload({"company": {"webhookEndpoints": None}}, redaction_at("company.webhookEndpoints", "ROLE_REQUIRED"))
    assert hidden == response_of(listed)
    assert not_created("FORBIDDEN") == await subscribe(client, user.email, URL)
    assert [[user_error("NOT_FOUND", "id")]] * 5 == await attempts(client, user.email, created, delivery)


@pytest.mark.parametrize("status", ["UNVERIFIED", "PENDING", "REJECTED"])
async def test_unverified_company_gets_no_webhook_endpoint_V47(client: Client, factory: Factory, status: str) -> None:
    """A company has to be verified before events are sent to its programs."""
    company = await factory.company(verification_status=status)

    assert not_created("COMPANY_NOT_VERIFIED") == await subscribe(client, company.admin, URL)


async def test_endpoints_need_a_recent_sign_in_V52_V66(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """An old sign-in creates no endpoint, changes none and gets no secret. It can test and delete one."""
    admin = await person(factory, rules_engine)
    old = await token_after(client, rules_engine, admin.email, minutes=16)
    key = (await subscribe(client, admin.email, URL))["webhookEndpoint"]["id"]
    other = (await subscribe(client, admin.email, URL))["webhookEndpoint"]["id"]

    created = await mutate(client, old, "createWebhookEndpoint", "secret", **NEW)
    changed = await mutate(client, old, "updateWebhookEndpoint", "webhookEndpoint { id }", id=key, version=1, enabled=False)
    rotated = await mutate(client, old, "rotateWebhookSecret", "secret", id=key)
    tested = await mutate(client, old, "testWebhookEndpoint", "webhookDelivery { status }", id=key)
    deleted = await mutate(client, old, "deleteWebhookEndpoint", "webhookEndpointId", id=other)

    assert [user_error("RECENT_SIGN_IN_REQUIRED")] == created["userErrors"]
    for refused in (changed, rotated):
        assert [user_error("RECENT_SIGN_IN_REQUIRED", "id")] == refused["userErrors"]
    assert ([], []) == (tested["userErrors"], deleted["userErrors"])


@pytest.mark.parametrize("roles", [["ACCOUNT_ADMIN"], ["VIEWER", "ACCOUNT_ADMIN"], ["REVIEWER"], []])
async def test_endpoint_never_reads_as_an_administrator_V52(client: Client, factory: Factory, roles: list[str]) -> None:
    """No endpoint is an account administrator, and only the operator's are staff."""
    company = await factory.company()

    refused = await subscribe(client, company.admin, URL, roles=roles)

    assert not_created("INVALID_VALUE" if roles else "REQUIRED", "roles") == refused


@pytest.mark.parametrize(
    "url", ["http://example.com/", "https://example.com:8443/", "https://user:password@example.com/", "https://example.com/#part",
            "http://localhost:8000/hooks", "http://127.0.0.1/", "ftp://example.com/", "example.com", "https://", ""]
)  # fmt: skip
async def test_address_has_https_and_no_port_and_no_user_V52(client: Client, factory: Factory, url: str) -> None:
    """Outside development, not even this machine is a receiver."""
    company = await factory.company()

    assert not_created("INVALID_VALUE" if url else "REQUIRED", "url") == await subscribe(client, company.admin, url)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://localhost:8000/hooks", None),
        ("http://127.0.0.1:9000/", None),
        ("https://example.com:8443/", None),
        ("http://10.0.0.1/", "INVALID_VALUE"),
        ("http://example.com/", "INVALID_VALUE"),
    ],
)
async def test_address_can_be_on_this_machine_in_development_V52(
    client: Client, factory: Factory, url: str, code: str | None
) -> None:
    """Only localhost can use http, and any port is possible."""
    company = await factory.company()

    with client.configured(local_hosts=True):
        created = await subscribe(client, company.admin, url)

    assert ([] if code is None else [user_error(code, "url")]) == created["userErrors"]


async def test_endpoint_has_events_but_no_tests_V52(client: Client, factory: Factory) -> None:
    """An endpoint is subscribed to something. Tests are sent without a subscription."""
    company = await factory.company()

    assert not_created("REQUIRED", "events") == await subscribe(client, company.admin, URL, events=[])
    assert not_created("INVALID_VALUE", "events") == await subscribe(client, company.admin, URL, "WEBHOOK_TEST")


async def test_company_has_at_most_ten_endpoints_V52(client: Client, factory: Factory) -> None:
    """The eleventh endpoint is refused until one is deleted."""
    company = await factory.company()
    endpoints = [await subscribe(client, company.admin, URL) for _ in range(10)]

    refused = await subscribe(client, company.admin, URL)
    key = endpoints[0]["webhookEndpoint"]["id"]
    await send(client, company.admin, "deleteWebhookEndpoint", "webhookEndpointId", id=key)

    assert not_created("TOO_MANY") == refused
    assert [] == (await subscribe(client, company.admin, URL))["userErrors"]


async def test_endpoint_is_tested_at_most_twenty_times_an_hour_V52(client: Client, factory: Factory) -> None:
    """Nobody makes the gateway flood a server."""
    company = await factory.company()
    key = (await subscribe(client, company.admin, URL))["webhookEndpoint"]["id"]

    tests = [await send(client, company.admin, "testWebhookEndpoint", TESTED, id=key) for _ in range(21)]

    assert [[]] * 20 == [each["userErrors"] for each in tests[:20]]
    assert [user_error("TOO_MANY")] == tests[20]["userErrors"]


async def test_stale_edit_of_an_endpoint_is_refused_V52(client: Client, factory: Factory) -> None:
    """An edit names the version that it's based on. Omitted fields keep their values, and null clears the description only."""
    company = await factory.company()
    created = await subscribe(client, company.admin, URL, description="Ours")
    key = created["webhookEndpoint"]["id"]

    cleared = await send(client, company.admin, "updateWebhookEndpoint", UPDATED, id=key, version=1, description=None)
    stale = await send(client, company.admin, "updateWebhookEndpoint", UPDATED, id=key, version=1, enabled=False)
    empty = await send(
        client,
        company.admin,
        "updateWebhookEndpoint",
        UPDATED,
        id=key,
        version=2,
        url=None,
        events=None,
        roles=None,
        enabled=None,
    )

    kept = {"url": URL, "events": ["PORT_UPDATED"], "roles": ["VIEWER"], "enabled": True}
    assert {**kept, "description": None, "version": 2} == cleared["webhookEndpoint"]
    assert [user_error("CONFLICT", "version")] == stale["userErrors"]
    assert [user_error("REQUIRED", name) for name in ("url", "events", "roles", "enabled")] == empty["userErrors"]


async def test_secret_is_shown_once_and_stored_encrypted_V52(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A retry returns the endpoint without its secret. Neither the database nor the audit log has it in clear."""
    company = await factory.company()

    created = await subscribe(client, company.admin, URL, key="once")
    again = await subscribe(client, company.admin, URL, key="once")
    key = created["webhookEndpoint"]["id"]
    rotated = await send(client, company.admin, "rotateWebhookSecret", ROTATED, id=key, key="again")
    repeated = await send(client, company.admin, "rotateWebhookSecret", ROTATED, id=key, key="again")

    assert {**created, "secret": None} == again
    assert {**rotated, "secret": None} == repeated
    assert created["secret"] != rotated["secret"]
    async with rules_engine.connect() as connection:
        stored = (await connection.execute(sa.select(WebhookEndpoint.secret, WebhookEndpoint.previous_secret))).one()
    rows, audited = str(await stored_rows(rules_engine)), str(await recorded_changes(rules_engine))
    for secret in (created["secret"], rotated["secret"]):
        assert (False, False) == (secret in rows, secret in audited)
    assert [False, False] == [each.hex() in audited for each in stored]
