"""Users: people, and who reads their email addresses."""

from __future__ import annotations

import pytest

from tests.client import Client
from tests.factory import Factory
from tests.rules.answers import payload, redaction_at, response_of

USER = "query ($id: ID!) { node(id: $id) { ... on User { name jobTitle email } } }"
SELF = "{ viewer { user { name email } } }"
ROLES = ["ACCOUNT_ADMIN", "NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER", "MANAGED"])
async def test_only_administrators_read_addresses_of_members_V23(
    client: Client, factory: Factory, kind: str, role: str
) -> None:
    """Every role reads its colleagues' names. Only an account administrator reads their email addresses."""
    account = await factory.managed_account(await factory.partner())
    company = account.company if kind == "MANAGED" else await factory.company(kind=kind)
    member = await factory.user(company, role)
    colleague = await factory.user(company, "VIEWER", name="Jo", job_title="Buyer")

    answer = await client(member.email, USER, id=colleague.id)

    known = {"name": "Jo", "jobTitle": "Buyer"}
    if role == "ACCOUNT_ADMIN":
        assert payload({"node": {**known, "email": colleague.email}}) == response_of(answer)
    else:
        assert payload({"node": {**known, "email": None}}, redaction_at("node.email", "ROLE_REQUIRED")) == response_of(answer)


@pytest.mark.parametrize("role", ROLES)
async def test_every_user_reads_its_own_address_V23(client: Client, factory: Factory, role: str) -> None:
    """A user in any role reads its own email address."""
    user = await factory.user(await factory.company(), role, name="Jo")

    answer = await client(user.email, SELF)

    assert payload({"viewer": {"user": {"name": "Jo", "email": user.email}}}) == response_of(answer)


@pytest.mark.parametrize("role", ROLES)
async def test_partner_reads_the_people_of_its_accounts_V14_V23(client: Client, factory: Factory, role: str) -> None:
    """Every user of a partner reads the people of its accounts. Their addresses are for its account administrators."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    user = await factory.user(account.company, name="Jo")
    caller = await factory.user(partner, role)

    answer = await client(caller.email, USER, id=user.id)

    known = {"name": "Jo", "jobTitle": None}
    if role == "ACCOUNT_ADMIN":
        assert payload({"node": {**known, "email": user.email}}) == response_of(answer)
    else:
        assert payload({"node": {**known, "email": None}}, redaction_at("node.email", "ROLE_REQUIRED")) == response_of(answer)


async def test_operator_reads_every_user_V21(client: Client, factory: Factory) -> None:
    """The operator's staff reads people and addresses of all companies."""
    operator = await factory.operator()
    user = await factory.user(await factory.company(), name="Jo")

    answer = await client(operator.admin, USER, id=user.id)

    assert payload({"node": {"name": "Jo", "jobTitle": None, "email": user.email}}) == response_of(answer)


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED"])
async def test_user_of_another_company_is_hidden_V21(client: Client, factory: Factory, kind: str) -> None:
    """Account administrators of other companies don't find a user by its id, even if they see its company."""
    company = await factory.company()
    await factory.profile(company)
    user = await factory.user(company)
    email = await factory.admin_of_kind(kind)

    answer = await client(email, USER, id=user.id)

    assert payload({"node": None}) == response_of(answer)


async def test_managed_user_does_not_read_its_partners_people_V14(client: Client, factory: Factory) -> None:
    """An account administrator of a managed company finds nobody of its partner."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    user = await factory.user(partner)

    answer = await client(account.admin, USER, id=user.id)

    assert payload({"node": None}) == response_of(answer)
