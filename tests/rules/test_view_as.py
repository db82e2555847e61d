"""View as: a partner's staff and the operator's support see what an account would see, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.client import ANONYMOUS, Answer, Client
from tests.factory import Factory
from tests.rules.answers import nodes, payload, redaction_at, response_of
from tests.rules.mutations import stored_rows

HEADER = "X-Crossgate-View-As"
WHO = """{ viewer { user { id } company { id } roles pricingVisible viewingAs { id tradingName }
  viewedBy { userId name companyId companyName } } }"""
AS = "{ viewer { viewingAs { id } roles } }"
RATES = "{ ports { totalCount nodes { id monthlyRate { amount } } } }"
PARTNER_ROLES = ["ACCOUNT_ADMIN", "NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"]
REFUSED = {
    "errors": [
        {
            "message": "You can't view as this company or user, or it doesn't exist.",
            "extensions": {"code": "VIEW_AS_REFUSED"},
        }
    ]
}


async def look(client: Client, email: str | None, named: str, query: str, **variables: Any) -> Answer:
    """Send a query as a user that views as the company or user with an id."""
    return await client.send(email, query, variables, **{HEADER: named})


async def test_partner_views_as_its_account_and_both_are_named_V14(client: Client, factory: Factory) -> None:
    """A partner's account administrator views as the account's, and the response names both viewers."""
    partner = await factory.partner("The partner")
    account = await factory.managed_account(partner)

    answer = await look(client, partner.admin, account.company.id, WHO)

    seen = {
        "user": None,
        "company": {"id": account.company.id},
        "roles": ["ACCOUNT_ADMIN"],
        "pricingVisible": False,
        "viewingAs": {"id": account.company.id, "tradingName": account.company.name},
        "viewedBy": {
            "userId": partner.user.id,
            "name": "Sam Sample",
            "companyId": partner.id,
            "companyName": "The partner",
        },
    }
    assert payload({"viewer": seen}) == response_of(answer)


async def test_viewing_as_is_null_without_the_header_A43(client: Client, factory: Factory) -> None:
    """Without the header, `viewingAs` and `viewedBy` are null."""
    partner = await factory.partner()

    answer = await client(partner.admin, "{ viewer { viewingAs { id } viewedBy { name } } }")

    assert payload({"viewer": {"viewingAs": None, "viewedBy": None}}) == response_of(answer)


async def test_partner_sees_exactly_what_its_account_sees_V14_R121(client: Client, factory: Factory) -> None:
    """A partner that views as an account sees neither the account's hidden prices nor its own ports."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    port, _ = await factory.port(account.company), await factory.port(partner)

    as_itself = await client(account.admin, RATES)
    as_account = await look(client, partner.admin, account.company.id, RATES)

    listed = {"ports": {"totalCount": 1, "nodes": [{"id": port.id, "monthlyRate": None}]}}
    assert payload(listed, redaction_at("ports.nodes.*.monthlyRate", "HIDDEN_BY_PARTNER")) == response_of(as_account)
    assert response_of(as_itself) == response_of(as_account)


async def test_settings_apply_to_the_next_request_V2_R122(client: Client, factory: Factory) -> None:
    """A setting that the partner turns on shows in the next request."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    port = await factory.port(account.company)
    await factory.setting(account, pricing=True)

    answer = await look(client, partner.admin, account.company.id, RATES)

    listed = nodes({"id": port.id, "monthlyRate": {"amount": "1250.00"}})
    assert payload({"ports": {"totalCount": 1, **listed}}) == response_of(answer)


@pytest.mark.parametrize("role", PARTNER_ROLES)
async def test_partners_staff_views_with_its_own_roles_V14_A43(client: Client, factory: Factory, role: str) -> None:
    """Only an account administrator views as an administrator. Others keep their own roles and so see no more than before."""
    partner = await factory.partner()
    account, user = await factory.managed_account(partner), await factory.user(partner, role)

    answer = await look(client, user.email, account.company.id, AS)

    assert payload({"viewer": {"viewingAs": {"id": account.company.id}, "roles": [role]}}) == response_of(answer)


async def test_operators_support_views_as_any_company_A43(client: Client, factory: Factory) -> None:
    """Support views as an account administrator of a direct company, a partner or a managed account."""
    support, direct, partner = await factory.support(), await factory.company(), await factory.partner()
    account = await factory.managed_account(partner)
    companies = (direct, partner, account.company)

    answers = [response_of(await look(client, support.email, company.id, AS)) for company in companies]

    expected = [payload({"viewer": {"viewingAs": {"id": company.id}, "roles": ["ACCOUNT_ADMIN"]}}) for company in companies]
    assert expected == answers


@pytest.mark.parametrize("caller", ["partner", "support"])
async def test_user_is_viewed_as_with_its_own_roles_V14_A43(client: Client, factory: Factory, caller: str) -> None:
    """A partner's account administrator and support view as a user, in the company that the user joined first."""
    partner, support = await factory.partner(), await factory.support()
    first, second = await factory.managed_account(partner), await factory.managed_account(partner)
    user = await factory.user(first.company, "FINANCE", "VIEWER")
    await factory.member(user, second.company, "NETWORK_ADMIN")

    answer = await look(client, partner.admin if caller == "partner" else support.email, user.id, AS)

    assert payload({"viewer": {"viewingAs": {"id": first.company.id}, "roles": ["FINANCE", "VIEWER"]}}) == response_of(answer)


async def test_user_is_viewed_as_in_a_company_the_requester_manages_V14(client: Client, factory: Factory) -> None:
    """A user that joined another company earlier is viewed as in the account that the requester's company manages."""
    partner, elsewhere = await factory.partner(), await factory.company()
    account = await factory.managed_account(partner)
    user = await factory.user(elsewhere, "ACCOUNT_ADMIN")
    await factory.member(user, account.company, "VIEWER")

    answer = await look(client, partner.admin, user.id, AS)

    assert payload({"viewer": {"viewingAs": {"id": account.company.id}, "roles": ["VIEWER"]}}) == response_of(answer)


@pytest.mark.executors
@pytest.mark.parametrize("caller", ["visitor", "managed", "direct", "reviewer", "other partner", "partner's network admin"])
async def test_other_viewers_do_not_view_as_an_account_or_its_user_V14_A43(
    client: Client, factory: Factory, caller: str
) -> None:
    """They get the same error as for an unknown id, an id of another type and a malformed id."""
    partner, other = await factory.partner(), await factory.partner()
    account, network = await factory.managed_account(partner), await factory.user(partner, "NETWORK_ADMIN")
    emails = {
        "visitor": ANONYMOUS,
        "managed": account.admin,
        "direct": (await factory.company()).admin,
        "reviewer": (await factory.operator()).admin,
        "other partner": other.admin,
        "partner's network admin": network.email,
    }
    absent = await factory.company()
    await factory.delete(absent.user.membership)
    await factory.delete(absent)
    named = [account.company.user.id, absent.id, account.id, "nobody", ""]
    if caller != "partner's network admin":
        named.append(account.company.id)

    counts, answers = set(), []
    for each in named:
        with client.counting() as statements:
            answers.append(response_of(await look(client, emails[caller], each, AS)))
        counts.add(len(statements))

    assert [REFUSED] * len(named) == answers
    assert 1 == len(counts)


async def test_viewed_as_users_notifications_are_hidden_X6(client: Client, factory: Factory) -> None:
    """A requester that views as a user reads the user's name, but neither notifications nor their count."""
    partner, support = await factory.partner(), await factory.support()
    account = await factory.managed_account(partner)
    user = account.company.user
    await factory.notification(user, account.company)
    query = "{ viewer { user { id } unreadNotifications } notifications { totalCount nodes { id } } }"

    own = await client(user.email, query)
    others = [response_of(await look(client, email, user.id, query)) for email in (partner.admin, support.email)]

    nothing = {"viewer": {"user": {"id": user.id}, "unreadNotifications": 0}, "notifications": {"totalCount": 0, "nodes": []}}
    assert [payload(nothing)] * 2 == others
    assert (1, 1) == (own.data["viewer"]["unreadNotifications"], own.data["notifications"]["totalCount"])


async def test_mutation_is_never_run_as_another_viewer_V14(client: Client, factory: Factory, rules_engine: Any) -> None:
    """A mutation with the header is refused, and nothing changes."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    before = await stored_rows(rules_engine)
    mutation = """mutation ($id: ID!) { updateManagedAccountSettings(input: {id: $id, version: 1, settings: {pricing: true}})
      { userErrors { code } } }"""

    answer = await look(client, partner.admin, account.company.id, mutation, id=account.id)

    refusal = {
        "message": "X-Crossgate-View-As works only with queries. Send this request without it.",
        "extensions": {"code": "VIEW_AS_READ_ONLY"},
    }
    assert {"errors": [refusal]} == response_of(answer)
    assert before == await stored_rows(rules_engine)
