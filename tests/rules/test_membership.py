"""Memberships: a company's people, for the company, its partner and the operator."""

from __future__ import annotations

import pytest

from tests.client import Client
from tests.factory import Factory
from tests.rules.answers import ids, nodes, payload, redaction_at, response_of

MEMBERS = "query ($id: ID!) { company(id: $id) { members { nodes { id roles company { id } user { name jobTitle } } } } }"
COUNT = "query ($id: ID!) { company(id: $id) { members { nodes { id } totalCount } } }"
BY_ID = "query ($id: ID!) { node(id: $id) { id } }"
ROLES = ["ACCOUNT_ADMIN", "NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"]


@pytest.mark.parametrize("role", ROLES)
async def test_every_role_reads_the_members_of_its_company_V23_A43(client: Client, factory: Factory, role: str) -> None:
    """Each user reads who the members are, and with which roles."""
    company = await factory.company()
    member = await factory.user(company, role, "MARKETPLACE_EDITOR" if role != "MARKETPLACE_EDITOR" else "FINANCE", name="Jo")

    answer = await client(member.email, MEMBERS, id=company.id)

    first = {"id": company.user.membership.id, "roles": ["ACCOUNT_ADMIN"], "user": {"name": "Sam Sample", "jobTitle": None}}
    both = [role, "MARKETPLACE_EDITOR" if role != "MARKETPLACE_EDITOR" else "FINANCE"]
    second = {"id": member.membership.id, "roles": both, "user": {"name": "Jo", "jobTitle": None}}
    listed = nodes(*({**known, "company": {"id": company.id}} for known in (first, second)))
    assert payload({"company": {"members": listed}}) == response_of(answer)


@pytest.mark.parametrize("caller", ["its partner", "the operator"])
async def test_partner_and_operator_read_members_of_a_managed_account_V14_V21(
    client: Client, factory: Factory, caller: str
) -> None:
    """The partner and the operator read the people of a managed account."""
    partner, operator = await factory.partner(), await factory.operator()
    account = await factory.managed_account(partner)
    user = await factory.user(account.company, "VIEWER")
    email = partner.admin if caller == "its partner" else operator.admin

    by_id = await client(email, BY_ID, id=user.membership.id)
    below = await client(email, COUNT, id=account.company.id)

    assert payload({"node": {"id": user.membership.id}}) == response_of(by_id)
    everybody = ids(account.company.user.membership, user.membership)
    assert payload({"company": {"members": everybody}}) == response_of(below)


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED"])
async def test_other_viewers_read_no_members_V21(client: Client, factory: Factory, kind: str) -> None:
    """A viewer that finds a company on the Marketplace reads none of its people."""
    company = await factory.company()
    await factory.profile(company)
    user = await factory.user(company)
    email = await factory.admin_of_kind(kind)

    by_id, below = await client(email, BY_ID, id=user.membership.id), await client(email, COUNT, id=company.id)

    assert payload({"node": None}) == response_of(by_id)
    assert payload({"company": {"members": None}}, redaction_at("company.members", "NOT_YOURS")) == response_of(below)


async def test_user_without_a_membership_is_rejected_V24(client: Client, factory: Factory) -> None:
    """A user whose membership has ended is rejected from the next request on, even if its token hasn't expired."""
    company = await factory.company()
    user = await factory.user(company)

    before = await client(user.email, BY_ID, id=company.id)
    await factory.delete(user.membership)
    after = await client(user.email, BY_ID, id=company.id)

    assert payload({"node": {"id": company.id}}) == response_of(before)
    assert (401, None) == (after.status, after.data)
