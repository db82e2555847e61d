"""Users of several companies: their memberships, and switching between companies."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncEngine

from tests.client import Client
from tests.factory import Factory
from tests.rules.identity import TOKENS, ask, mutate, person, refresh, sign_in
from tests.rules.mutations import send, stored_rows, user_error

COMPANY: Final = "{ viewer { company { id } roles session { id } } }"
MEMBERSHIPS: Final = "{ viewer { memberships { id roles company { id tradingName accountKind } viewerCan } } }"


def absent() -> dict[str, Any]:
    """Return the payload for a company that the user isn't a member of."""
    return {"tokens": None, "userErrors": [user_error("NOT_FOUND", "companyId")]}


async def test_memberships_of_all_companies_V45(client: Client, factory: Factory) -> None:
    """A user reads its memberships and the names of their companies, whichever it's signed in for."""
    company, other = await factory.company(), await factory.company()
    membership = await factory.member(company.user, other, "FINANCE")

    answer = await client(company.admin, MEMBERSHIPS)

    own = {"id": company.id, "tradingName": company.name, "accountKind": "DIRECT"}
    foreign = {"id": other.id, "tradingName": other.name, "accountKind": None}
    assert [
        {
            "id": company.user.membership.id,
            "roles": ["ACCOUNT_ADMIN"],
            "company": own,
            "viewerCan": ["READ", "UPDATE", "REMOVE", "SWITCH_TO"],
        },
        {"id": membership.id, "roles": ["FINANCE"], "company": foreign, "viewerCan": ["READ", "SWITCH_TO"]},
    ] == answer.data["viewer"]["memberships"]


async def test_memberships_of_others_in_other_companies_stay_absent_V45(client: Client, factory: Factory) -> None:
    """A colleague isn't told where else a user is a member."""
    company, other = await factory.company(), await factory.company()
    colleague = await factory.user(company, "VIEWER")
    membership = await factory.member(company.user, other)

    answer = await client(colleague.email, "query ($id: ID!) { node(id: $id) { id } }", id=membership.id)

    assert {"node": None} == answer.data


async def test_switching_stays_in_the_session_V45(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """The new access token speaks for the other company, with its roles. Refreshed tokens do too."""
    user, other = await person(factory, rules_engine), await factory.company()
    await factory.member(user.company.user, other, "FINANCE")
    tokens = await sign_in(client, user.email)

    switched = (await mutate(client, tokens["accessToken"], "switchCompany", TOKENS, companyId=other.id))["tokens"]
    refreshed = (await refresh(client, tokens["refreshToken"]))["tokens"]

    answers = [(await ask(client, each["accessToken"], COMPANY))[1]["viewer"] for each in (tokens, switched, refreshed)]
    assert [user.company.id, other.id, other.id] == [answer["company"]["id"] for answer in answers]
    assert [["ACCOUNT_ADMIN"], ["FINANCE"], ["FINANCE"]] == [answer["roles"] for answer in answers]
    assert 1 == len({answer["session"]["id"] for answer in answers})
    assert switched["refreshToken"] is None


async def test_access_token_cannot_be_made_a_refresh_token_V44(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Whoever steals an access token can't prolong the session with it."""
    user = await person(factory, rules_engine)
    tokens = await sign_in(client, user.email)

    switched = await mutate(client, tokens["accessToken"], "switchCompany", TOKENS, companyId=user.company.id)

    assert switched["tokens"]["refreshToken"] is None


async def test_other_companies_cannot_be_switched_to_V45(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """A company without a membership is absent, also for its partner and for the operator. Nothing changes."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    support = await factory.support()
    before = await stored_rows(rules_engine)

    answers = [
        await send(client, viewer, "switchCompany", TOKENS, companyId=account.company.id)
        for viewer in (partner.admin, support.email, (await factory.company()).admin, None)
    ]

    assert [absent()] * 4 == answers
    assert before["session"] == (await stored_rows(rules_engine))["session"]


async def test_managed_user_switches_to_its_other_company_V45(client: Client, factory: Factory) -> None:
    """The membership that it acts with doesn't matter. In development no session is needed (V66)."""
    account, other = await factory.managed_account(await factory.partner()), await factory.company()
    await factory.member(account.company.user, other)

    answer = await send(client, account.admin, "switchCompany", TOKENS, companyId=other.id)

    _, data = await ask(client, answer["tokens"]["accessToken"], COMPANY)
    assert {"company": {"id": other.id}, "roles": ["ACCOUNT_ADMIN"], "session": None} == data["viewer"]
