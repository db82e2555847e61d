"""What a company can't do until the operator has verified it: policy says so to its own users, and to nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.client import Client
from tests.factory import Factory, Thing
from tests.rules.mutations import send, stored_rows, user_error

WHY = "query ($type: String!, $id: ID!, $action: String) { explain(typeName: $type, id: $id, action: $action) { allowed reason } }"
CONNECTION = {"name": "To the cloud", "rateLimitMbps": 100}
UNVERIFIED = ["UNVERIFIED", "PENDING", "REJECTED"]


async def can(client: Client, viewer: str, thing: Thing) -> set[str]:
    """Return what a viewer can do to an object now."""
    query = f"query ($id: ID!) {{ node(id: $id) {{ ... on {thing.type} {{ viewerCan }} }} }}"
    return set((await client(viewer, query, id=thing.id)).data["node"]["viewerCan"])


async def why(client: Client, viewer: str, thing: Thing, action: str) -> dict[str, Any]:
    """Return whether policy allows an action, and why not."""
    explained: dict[str, Any] = (await client(viewer, WHY, type=thing.type, id=thing.id, action=action)).data["explain"]
    return explained


@pytest.mark.parametrize("status", UNVERIFIED)
async def test_unverified_company_looks_and_prepares_only_R404_R426_A40_V47(
    client: Client, factory: Factory, status: str
) -> None:
    """It can't order or publish before it's verified, and can from the next request on. It edits itself meanwhile."""
    company = await factory.company(verification_status=status)

    before = await can(client, company.admin, company)
    refused = await why(client, company.admin, company, "order_port")
    await factory.change(company, verification_status="VERIFIED")
    after = await can(client, company.admin, company)
    allowed = await why(client, company.admin, company, "order_port")

    gained = {
        "CREATE_API_KEY",
        "CREATE_WEBHOOK_ENDPOINT",
        "SET_IDENTITY_ISSUER",
        "SET_PORTAL_ORIGINS",
        "VERIFY_PORTAL_ORIGIN",
        "REGISTER_SELLER",
        "ACCEPT_OFFER",
        "ORDER_PORT",
        "ORDER_PORT_DIRECTLY",
        "PUBLISH_PORT",
        "PUBLISH_MARKETPLACE_PROFILE",
    }
    assert gained == after - before
    assert {"UPDATE_COMPANY_PROFILE", "SAVE_MARKETPLACE_PROFILE", "UPDATE_SUPPORT_DETAILS"} <= before
    assert {"allowed": False, "reason": "COMPANY_NOT_VERIFIED"} == refused
    assert {"allowed": True, "reason": None} == allowed


@pytest.mark.parametrize("status", UNVERIFIED)
async def test_unverified_company_connects_and_publishes_no_port_R411_A40_V47(
    client: Client, factory: Factory, rules_engine: AsyncEngine, status: str
) -> None:
    """A port that it has nevertheless is neither connected nor published, and viewerCan and the explanation agree."""
    company, provider = await factory.company(verification_status=status), await factory.company()
    await factory.profile(provider)
    port, target = await factory.port(company), await factory.port(provider, visibility="PUBLIC")
    ends, before = {"portId": port.id, "targetPortId": target.on_marketplace.id}, await stored_rows(rules_engine)

    connected = await send(client, company.admin, "requestConnection", "connectionRequest { id }", **ends, **CONNECTION)
    published = await send(client, company.admin, "updatePort", "port { id }", id=port.id, version=1, visibility="PUBLIC")
    unchanged = before == await stored_rows(rules_engine)
    possible, reason = await can(client, company.admin, port), await why(client, company.admin, port, "connect")

    assert [user_error("COMPANY_NOT_VERIFIED", "portId")] == connected["userErrors"]
    assert [user_error("COMPANY_NOT_VERIFIED", "visibility")] == published["userErrors"]
    assert unchanged
    assert {"UPDATE", "DISABLE"} <= possible
    assert possible.isdisjoint({"CONNECT", "PUBLISH"})
    assert {"allowed": False, "reason": "COMPANY_NOT_VERIFIED"} == reason


async def test_verified_company_connects_and_publishes_its_ports_V47(client: Client, factory: Factory) -> None:
    """Both are possible from the request after the verification."""
    company = await factory.company(verification_status="PENDING")
    port = await factory.port(company)
    await factory.change(company, verification_status="VERIFIED")

    possible, reason = await can(client, company.admin, port), await why(client, company.admin, port, "connect")

    assert {"CONNECT", "PUBLISH"} <= possible
    assert {"allowed": True, "reason": None} == reason


async def test_company_that_orders_is_what_counts_R404_V14_V47(client: Client, factory: Factory) -> None:
    """An unverified partner orders for its verified account, and a verified one not for an unverified account."""
    new = {"verification_status": "UNVERIFIED"}
    fresh, partner = await factory.partner(**new), await factory.partner()
    account, unverified = await factory.managed_account(fresh), await factory.managed_account(partner, company=new)
    location = await factory.orderable(fresh)
    await factory.billing_market(partner)
    order = {"locationId": location.id, "name": "Core", "speedMbps": 1000, "termMonths": 12}

    placed = await send(client, fresh.admin, "orderPort", "port { id }", companyId=account.company.id, **order)
    refused = await send(client, partner.admin, "orderPort", "port { id }", companyId=unverified.company.id, **order)

    assert [] == placed["userErrors"]
    assert {"port": None, "userErrors": [user_error("COMPANY_NOT_VERIFIED", "companyId")]} == refused


@pytest.mark.parametrize("status", [*UNVERIFIED, "VERIFIED"])
async def test_refusals_tell_others_nothing_of_the_verification_R404_V18(client: Client, factory: Factory, status: str) -> None:
    """A stranger, a colleague without the role, and the operator's support get the same refusal, verified or not."""
    company, stranger, support = (
        await factory.company(verification_status=status),
        await factory.company(),
        await factory.support(),
    )
    await factory.profile(company)
    viewer, location = await factory.user(company, "VIEWER"), await factory.location()
    order = {"locationId": location.id, "name": "Core", "speedMbps": 1000, "termMonths": 12, "companyId": company.id}

    for email in (stranger.admin, viewer.email, support.email):
        answer = await send(client, email, "orderPort", "port { id }", **order)
        assert user_error("FORBIDDEN", "companyId") in answer["userErrors"]
        assert {"allowed": False, "reason": "NOT_YOURS"} == await why(client, email, company, "order_port")
