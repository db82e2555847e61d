"""Only reviewers and support have the operator's rights. Its other members have the rights of members of any company."""

from __future__ import annotations

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.client import Client
from tests.factory import Company, Factory
from tests.rules.mutations import send, stored_rows

OTHERS = ("ACCOUNT_ADMIN", "NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER")
STAFF = ("REVIEWER", "SUPPORT")
EVERYTHING = """
query ($port: ID!, $company: ID!) {
  ports(first: 10) { nodes { company { id } } }
  companies(first: 10) { nodes { id } }
  managedAccounts(first: 10) { nodes { id } }
  port: node(id: $port) { id }
  company: node(id: $company) { id }
  viewer { can(action: "ALLOCATE", typeName: "Port") }
}
"""


async def seen(client: Client, factory: Factory, operator: Company, role: str) -> tuple[int, int, int, bool, bool, bool]:
    """Count the ports, companies and accounts that a role sees of another company and of its own, and return its actions."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    port = await factory.port(account.company)
    await factory.port(operator)
    user = await factory.user(operator, role)
    data = (await client(user.email, EVERYTHING, port=port.id, company=account.company.id)).data
    lists = (len(data[name]["nodes"]) for name in ("ports", "companies", "managedAccounts"))
    return (*lists, data["port"] is not None, data["company"] is not None, data["viewer"]["can"])


@pytest.mark.parametrize("role", OTHERS)
async def test_other_members_of_the_operator_see_their_own_company_A43(client: Client, factory: Factory, role: str) -> None:
    """In no other role do they read ports, companies or accounts of others."""
    assert (1, 1, 0, False, False, False) == await seen(client, factory, await factory.operator(), role)


@pytest.mark.parametrize("role", STAFF)
async def test_reviewers_and_support_see_everything_A43(client: Client, factory: Factory, role: str) -> None:
    """They read every company and handle its orders."""
    assert (2, 3, 1, True, True, True) == await seen(client, factory, await factory.operator(), role)


@pytest.mark.parametrize("role", OTHERS)
async def test_other_members_do_not_change_a_customers_port_A43(
    client: Client, factory: Factory, rules_engine: AsyncEngine, role: str
) -> None:
    """Nothing changes, and for them the port doesn't exist."""
    port = await factory.port(await factory.company(), status="ALLOCATED")
    user = await factory.user(await factory.operator(), role)
    before = await stored_rows(rules_engine)

    answer = await send(client, user.email, "activatePort", "port { id }", id=port.id)

    assert ["NOT_FOUND"] == [error["code"] for error in answer["userErrors"]]
    assert before == await stored_rows(rules_engine)
