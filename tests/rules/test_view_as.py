"""Looking as another: a partner's staff and the operator's support see what an account would see, and nothing that it would not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.client import ANONYMOUS, Answer, Client
from tests.factory import Factory
from tests.rules.answers import hidden, nodes, told, whole
from tests.rules.mutations import stored

HEADER = "X-Crossgate-View-As"
WHO = """{ viewer { user { id } company { id } roles pricingVisible viewingAs { id tradingName }
  viewedBy { userId name companyId companyName } } }"""
AS = "{ viewer { viewingAs { id } roles } }"
RATES = "{ ports { totalCount nodes { id monthlyRate { amount } } } }"
PARTNER_ROLES = ["ACCOUNT_ADMIN", "NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"]
REFUSED = {
    "errors": [
        {
            "message": "The viewer may not look as this company or user, or there is none.",
            "extensions": {"code": "VIEW_AS_REFUSED"},
        }
    ]
}


async def look(ask: Client, email: str | None, named: str, query: str, **variables: Any) -> Answer:
    """The answer to a query for whoever looks as the company or user of an id."""
    return await ask.send(email, query, variables, **{HEADER: named})


async def test_a_partner_looks_as_its_account_and_both_are_shown_V14(ask: Client, given: Factory) -> None:
    """An account administrator of a partner looks as one of the account, and is told who looks as whom."""
    partner = await given.partner("The partner")
    account = await given.managed_account(partner)

    answer = await look(ask, partner.admin, account.company.id, WHO)

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
    assert told({"viewer": seen}) == whole(answer)


async def test_whoever_looks_as_itself_is_told_of_nobody_else_A43(ask: Client, given: Factory) -> None:
    """Without the header `viewingAs` and `viewedBy` are null."""
    partner = await given.partner()

    answer = await ask(partner.admin, "{ viewer { viewingAs { id } viewedBy { name } } }")

    assert told({"viewer": {"viewingAs": None, "viewedBy": None}}) == whole(answer)


async def test_what_is_seen_is_what_the_account_sees_V14_R121(ask: Client, given: Factory) -> None:
    """A partner who sees the prices of an account's ports does not see them when it looks as the account, nor ports of its own."""
    partner = await given.partner()
    account = await given.managed_account(partner)
    port, _ = await given.port(account.company), await given.port(partner)

    as_itself = await ask(account.admin, RATES)
    as_account = await look(ask, partner.admin, account.company.id, RATES)

    listed = {"ports": {"totalCount": 1, "nodes": [{"id": port.id, "monthlyRate": None}]}}
    assert told(listed, hidden("ports.nodes.*.monthlyRate", "HIDDEN_BY_PARTNER")) == whole(as_account)
    assert whole(as_itself) == whole(as_account)


async def test_settings_are_those_of_the_moment_V2_R122(ask: Client, given: Factory) -> None:
    """What the partner switches on is seen with the next request."""
    partner = await given.partner()
    account = await given.managed_account(partner)
    port = await given.port(account.company)
    await given.setting(account, pricing=True)

    answer = await look(ask, partner.admin, account.company.id, RATES)

    listed = nodes({"id": port.id, "monthlyRate": {"amount": "1250.00"}})
    assert told({"ports": {"totalCount": 1, **listed}}) == whole(answer)


@pytest.mark.parametrize("role", PARTNER_ROLES)
async def test_a_partners_staff_looks_with_the_roles_that_it_has_V14_A43(ask: Client, given: Factory, role: str) -> None:
    """Only an account administrator looks as an administrator; others keep their own roles, and so see no more than they would."""
    partner = await given.partner()
    account, user = await given.managed_account(partner), await given.user(partner, role)

    answer = await look(ask, user.email, account.company.id, AS)

    assert told({"viewer": {"viewingAs": {"id": account.company.id}, "roles": [role]}}) == whole(answer)


async def test_the_operators_support_looks_as_any_company_A43(ask: Client, given: Factory) -> None:
    """Support looks as an account administrator of a direct company, of a partner and of a managed one."""
    support, direct, partner = await given.support(), await given.company(), await given.partner()
    account = await given.managed_account(partner)
    companies = (direct, partner, account.company)

    answers = [whole(await look(ask, support.email, company.id, AS)) for company in companies]

    expected = [told({"viewer": {"viewingAs": {"id": company.id}, "roles": ["ACCOUNT_ADMIN"]}}) for company in companies]
    assert expected == answers


@pytest.mark.parametrize("who", ["partner", "support"])
async def test_a_user_of_an_account_is_looked_as_with_its_own_roles_V14_A43(ask: Client, given: Factory, who: str) -> None:
    """The partner's account administrator and support look as a user, in the company that it joined first."""
    partner, support = await given.partner(), await given.support()
    first, second = await given.managed_account(partner), await given.managed_account(partner)
    user = await given.user(first.company, "FINANCE", "VIEWER")
    await given.member(user, second.company, "NETWORK_ADMIN")

    answer = await look(ask, partner.admin if who == "partner" else support.email, user.id, AS)

    assert told({"viewer": {"viewingAs": {"id": first.company.id}, "roles": ["FINANCE", "VIEWER"]}}) == whole(answer)


async def test_of_a_users_companies_only_those_count_that_are_the_askers_to_look_at_V14(ask: Client, given: Factory) -> None:
    """A user who joined another company before is looked as in the account that the asker's company manages."""
    partner, elsewhere = await given.partner(), await given.company()
    account = await given.managed_account(partner)
    user = await given.user(elsewhere, "ACCOUNT_ADMIN")
    await given.member(user, account.company, "VIEWER")

    answer = await look(ask, partner.admin, user.id, AS)

    assert told({"viewer": {"viewingAs": {"id": account.company.id}, "roles": ["VIEWER"]}}) == whole(answer)


@pytest.mark.executors
@pytest.mark.parametrize("asking", ["visitor", "managed", "direct", "reviewer", "other partner", "partner's network admin"])
async def test_nobody_else_looks_as_an_account_or_its_user_V14_A43(ask: Client, given: Factory, asking: str) -> None:
    """Everybody else is refused as for an id that nothing has, an id of something else, and what is no id at all."""
    partner, other = await given.partner(), await given.partner()
    account, network = await given.managed_account(partner), await given.user(partner, "NETWORK_ADMIN")
    emails = {
        "visitor": ANONYMOUS,
        "managed": account.admin,
        "direct": (await given.company()).admin,
        "reviewer": (await given.operator()).admin,
        "other partner": other.admin,
        "partner's network admin": network.email,
    }
    absent = await given.company()
    await given.no_more(absent.user.membership)
    await given.no_more(absent)
    named = [account.company.user.id, absent.id, account.id, "nobody", ""]
    if asking != "partner's network admin":
        named.append(account.company.id)

    counts, answers = set(), []
    for each in named:
        with ask.counting() as statements:
            answers.append(whole(await look(ask, emails[asking], each, AS)))
        counts.add(len(statements))

    assert [REFUSED] * len(named) == answers
    assert 1 == len(counts)


async def test_what_a_user_was_told_is_its_alone_X6(ask: Client, given: Factory) -> None:
    """Whoever looks as a user is told who that is, and reads none of its notifications, nor how many there are."""
    partner, support = await given.partner(), await given.support()
    account = await given.managed_account(partner)
    user = account.company.user
    await given.notification(user, account.company)
    query = "{ viewer { user { id } unreadNotifications } notifications { totalCount nodes { id } } }"

    own = await ask(user.email, query)
    others = [whole(await look(ask, email, user.id, query)) for email in (partner.admin, support.email)]

    nothing = {"viewer": {"user": {"id": user.id}, "unreadNotifications": 0}, "notifications": {"totalCount": 0, "nodes": []}}
    assert [told(nothing)] * 2 == others
    assert (1, 1) == (own.data["viewer"]["unreadNotifications"], own.data["notifications"]["totalCount"])


async def test_a_mutation_is_never_done_as_another_V14(ask: Client, given: Factory, rules_engine: Any) -> None:
    """A mutation with the header is refused, and nothing has changed."""
    partner = await given.partner()
    account = await given.managed_account(partner)
    before = await stored(rules_engine)
    mutation = """mutation ($id: ID!) { updateManagedAccountSettings(input: {id: $id, version: 1, settings: {pricing: true}})
      { userErrors { code } } }"""

    answer = await look(ask, partner.admin, account.company.id, mutation, id=account.id)

    refusal = {
        "message": "X-Crossgate-View-As works only with queries. Send this request without it.",
        "extensions": {"code": "VIEW_AS_READ_ONLY"},
    }
    assert {"errors": [refusal]} == whole(answer)
    assert before == await stored(rules_engine)
