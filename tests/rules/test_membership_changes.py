"""Changes of a company's team: who gives roles, who removes members, who can leave, and that an administrator always stays."""

from __future__ import annotations

import asyncio
from typing import Any, Final
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from choices import MemberRole
from tests.client import ANONYMOUS, Client
from tests.event_streams import Closed
from tests.factory import Company, Factory, Thing, User
from tests.rules.answers import payload, redaction_at
from tests.rules.mutations import recorded_changes, send, stored_rows, user_error

ROLES: Final = "membership { roles }"
GONE: Final = "The account of this token no longer exists."
COMPANY_ROLES: Final = ["ACCOUNT_ADMIN", "NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"]
OTHER_ROLES: Final = COMPANY_ROLES[1:]
STAFF_ROLES: Final = ["REVIEWER", "SUPPORT"]
KINDS: Final = ["DIRECT", "PARTNER", "MANAGED", "OPERATOR"]
OWN: Final = "{ viewer { company { id } } }"
CAN: Final = "query ($id: ID!) { node(id: $id) { ... on Membership { viewerCan } } }"
PORTS: Final = "subscription { portUpdated { id name } }"
DEMOTE: Final = """mutation ($id: ID!) {
  done: updateMember(input: {id: $id, roles: [VIEWER]}) { userErrors { code } } }"""
REMOVE: Final = "mutation ($id: ID!) { done: removeMember(input: {id: $id}) { userErrors { code } } }"
PRICED: Final = "subscription { portUpdated { name monthlyRate { amount } } }"


async def update(client: Client, viewer: str | None, member: Thing, *roles: str, **more: Any) -> dict[str, Any]:
    """Give a member other roles."""
    return await send(client, viewer, "updateMember", ROLES, id=member.id, roles=list(roles), **more)


async def remove(client: Client, viewer: str | None, member: Thing, **more: Any) -> dict[str, Any]:
    """Remove a member."""
    return await send(client, viewer, "removeMember", "membershipId", id=member.id, **more)


def updated(*roles: str) -> dict[str, Any]:
    """Return the payload of a change of roles."""
    return {"membership": {"roles": list(roles)}, "userErrors": []}


def not_updated(code: str, *field: str) -> dict[str, Any]:
    """Return the payload of a refused change of roles."""
    return {"membership": None, "userErrors": [user_error(code, *field)]}


def removed(member: Thing) -> dict[str, Any]:
    """Return the payload of a removal."""
    return {"membershipId": member.id, "userErrors": []}


def not_removed(code: str) -> dict[str, Any]:
    """Return the payload of a refused removal."""
    return {"membershipId": None, "userErrors": [user_error(code, "id")]}


async def company_of_kind(factory: Factory, kind: str) -> tuple[Company, User]:
    """Create a company of a kind, and return it with an account administrator."""
    if kind == "MANAGED":
        company = (await factory.managed_account(await factory.partner())).company
        return company, company.user
    company = await factory.company(kind=kind)
    return company, await factory.user(company)


async def roles_of(client: Client, viewer: str, company: Thing) -> list[list[str]]:
    """Return the roles of a company's members."""
    query = "query ($id: ID!) { company(id: $id) { members { nodes { roles } } } }"
    answer = await client(viewer, query, id=company.id)
    return [node["roles"] for node in answer.data["company"]["members"]["nodes"]]


@pytest.mark.parametrize("kind", KINDS)
async def test_administrator_gives_any_role_of_its_company_R405_V50_A43(
    client: Client, factory: Factory, rules_engine: AsyncEngine, kind: str
) -> None:
    """Each role that its company can have, alone or all at once. Every change is in the audit log."""
    company, admin = await company_of_kind(factory, kind)
    member = (await factory.user(company, "VIEWER")).membership
    given = COMPANY_ROLES + (STAFF_ROLES if kind == "OPERATOR" else [])

    answers = [await update(client, admin.email, member, role) for role in given]
    answers.append(await update(client, admin.email, member, *given))

    assert [*map(updated, given), updated(*given)] == answers
    before, after = ([*given[-1:]], given)
    assert ("updateMember", "membership", {"roles": [before, after]}) == (await recorded_changes(rules_engine))[-1]


async def test_roles_are_stored_once_and_in_order_A43(client: Client, factory: Factory) -> None:
    """A role that is sent twice counts once, and the order of the roles doesn't matter."""
    company = await factory.company()
    member = (await factory.user(company, "VIEWER")).membership

    answer = await update(client, company.admin, member, "VIEWER", "FINANCE", "VIEWER", "NETWORK_ADMIN")

    assert updated("NETWORK_ADMIN", "FINANCE", "VIEWER") == answer


async def test_member_keeps_at_least_one_role_A43(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """A member without roles isn't possible, and neither are more roles than exist."""
    company = await factory.company()
    member = (await factory.user(company, "VIEWER")).membership
    before = await stored_rows(rules_engine)

    none = await update(client, company.admin, member)
    many = await update(client, company.admin, member, *["VIEWER"] * (len(MemberRole) + 1))

    assert [not_updated("REQUIRED", "roles"), not_updated("TOO_MANY", "roles")] == [none, many]
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER", "MANAGED"])
@pytest.mark.parametrize("role", STAFF_ROLES)
async def test_staff_roles_are_for_the_operators_company_V49_A43(
    client: Client, factory: Factory, rules_engine: AsyncEngine, kind: str, role: str
) -> None:
    """No other company gives them, not even beside a role that it has."""
    company, admin = await company_of_kind(factory, kind)
    member = (await factory.user(company, "VIEWER")).membership
    before = await stored_rows(rules_engine)

    answers = [await update(client, admin.email, member, role), await update(client, admin.email, member, "VIEWER", role)]

    assert [not_updated("INVALID_VALUE", "roles")] * 2 == answers
    assert before == await stored_rows(rules_engine)


async def test_partner_gives_no_staff_role_in_a_company_it_manages_V49_A43(client: Client, factory: Factory) -> None:
    """What the managed company can't have, its partner can't give."""
    account = await factory.managed_account(await factory.partner())
    member = (await factory.user(account.company, "VIEWER")).membership

    answer = await update(client, account.partner.admin, member, "SUPPORT")

    assert not_updated("INVALID_VALUE", "roles") == answer


async def test_partners_administrator_runs_the_team_of_its_account_V14_V49(client: Client, factory: Factory) -> None:
    """It changes roles and removes members, administrators included."""
    account = await factory.managed_account(await factory.partner())
    member, other = [await factory.user(account.company) for _ in range(2)]

    answers = [
        await update(client, account.partner.admin, member.membership, "FINANCE"),
        await remove(client, account.partner.admin, other.membership),
    ]

    assert [updated("FINANCE"), removed(other.membership)] == answers
    assert [["ACCOUNT_ADMIN"], ["FINANCE"]] == await roles_of(client, account.admin, account.company)


@pytest.mark.parametrize("kind", KINDS)
async def test_administrator_removes_members_V49_V50(
    client: Client, factory: Factory, rules_engine: AsyncEngine, kind: str
) -> None:
    """The membership is gone, the user and everything it did stay, and the audit log has the removal."""
    company, admin = await company_of_kind(factory, kind)
    member = await factory.user(company, "VIEWER")
    before = await stored_rows(rules_engine)

    answer = await remove(client, admin.email, member.membership)

    after = await stored_rows(rules_engine)
    assert removed(member.membership) == answer
    assert {"membership"} == {table for table in before if before[table] != after[table]}
    assert len(before["membership"]) - 1 == len(after["membership"])
    ((action, table, changes),) = await recorded_changes(rules_engine)
    assert ("removeMember", "membership", [["VIEWER"], None]) == (action, table, changes["roles"])
    assert {"id", "user_id", "company_id", "roles", "created_at"} <= changes.keys()


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER", "MANAGED"])
@pytest.mark.parametrize("role", OTHER_ROLES)
async def test_other_roles_change_no_team_V49_A43(
    client: Client, factory: Factory, rules_engine: AsyncEngine, kind: str, role: str
) -> None:
    """Members who aren't account administrators change and remove nobody, and don't change their own roles."""
    company, _ = await company_of_kind(factory, kind)
    user, colleague = await factory.user(company, role), await factory.user(company, "VIEWER")
    before = await stored_rows(rules_engine)

    answers = [
        await update(client, user.email, user.membership, "ACCOUNT_ADMIN"),
        await update(client, user.email, colleague.membership, "FINANCE"),
        await remove(client, user.email, colleague.membership),
    ]

    assert [*[not_updated("FORBIDDEN", "id")] * 2, not_removed("FORBIDDEN")] == answers
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("role", OTHER_ROLES)
async def test_partners_other_roles_change_no_team_of_an_account_V14_V49(
    client: Client, factory: Factory, rules_engine: AsyncEngine, role: str
) -> None:
    """Only the partner's account administrators act for the account's."""
    account = await factory.managed_account(await factory.partner())
    user = await factory.user(account.partner, role)
    member = (await factory.user(account.company)).membership
    before = await stored_rows(rules_engine)

    answers = [await update(client, user.email, member, "VIEWER"), await remove(client, user.email, member)]

    assert [not_updated("FORBIDDEN", "id"), not_removed("FORBIDDEN")] == answers
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("roles", [["REVIEWER"], ["SUPPORT"], ["ACCOUNT_ADMIN", "REVIEWER", "SUPPORT"]])
async def test_operators_staff_changes_no_other_team_V49_A43(
    client: Client, factory: Factory, rules_engine: AsyncEngine, roles: list[str]
) -> None:
    """The operator's staff reads every membership but changes none of another company, even as account administrator."""
    staff = await factory.user(await factory.operator(), *roles)
    companies = [(await company_of_kind(factory, kind))[0] for kind in ("DIRECT", "PARTNER", "MANAGED")]
    members = [(await factory.user(company)).membership for company in companies]
    before = await stored_rows(rules_engine)

    answers = [(await update(client, staff.email, each, "VIEWER"), await remove(client, staff.email, each)) for each in members]

    assert [(not_updated("FORBIDDEN", "id"), not_removed("FORBIDDEN"))] * 3 == answers
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED"])
async def test_hidden_membership_is_like_an_absent_one_V14_V49(
    client: Client, factory: Factory, rules_engine: AsyncEngine, kind: str
) -> None:
    """Others get the same answer for a membership that they can't read as for one that was never there."""
    company = await factory.company()
    member = (await factory.user(company)).membership
    absent = Thing("Membership", uuid4())
    viewer = await factory.admin_of_kind(kind)
    before = await stored_rows(rules_engine)

    for roles in (["VIEWER"], ["REVIEWER"], []):
        assert await update(client, viewer, absent, *roles) == await update(client, viewer, member, *roles)
    assert not_removed("NOT_FOUND") == await remove(client, viewer, absent) == await remove(client, viewer, member)
    assert before == await stored_rows(rules_engine)


async def test_managed_user_reaches_no_team_of_its_partner_V14_V49(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A managed account's administrator finds neither its partner's members nor a sibling account's."""
    partner = await factory.partner()
    account, sibling = [await factory.managed_account(partner) for _ in range(2)]
    others = [(await factory.user(company)).membership for company in (partner, sibling.company)]
    before = await stored_rows(rules_engine)

    answers = [
        (await update(client, account.admin, each, "VIEWER"), await remove(client, account.admin, each)) for each in others
    ]

    assert [(not_updated("NOT_FOUND", "id"), not_removed("NOT_FOUND"))] * 2 == answers
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("role", COMPANY_ROLES)
async def test_every_member_can_leave_V50(client: Client, factory: Factory, kind: str, role: str) -> None:
    """A member removes its own membership, whatever its role. Its token is refused from then on, for that company only."""
    company, admin = await company_of_kind(factory, kind)
    user = await factory.user(company, role)

    answer = await remove(client, user.email, user.membership)
    after = await client(user.email, OWN)

    assert removed(user.membership) == answer
    assert (401, ["UNAUTHENTICATED"], GONE) == (after.status, after.codes, after.errors[0]["message"])
    assert role == "ACCOUNT_ADMIN" or [role] not in await roles_of(client, admin.email, company)


async def test_member_leaves_only_the_company_it_acts_in_V50(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A user reads its membership of another company, but leaves it only with a token of that company."""
    company, other = await factory.company(), await factory.company()
    user = await factory.user(company, "VIEWER")
    elsewhere = await factory.member(user, other, "VIEWER")
    before = await stored_rows(rules_engine)

    answer = await remove(client, user.email, elsewhere)

    assert not_removed("FORBIDDEN") == answer
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("kind", KINDS)
async def test_last_administrator_stays_V10_V50(client: Client, factory: Factory, rules_engine: AsyncEngine, kind: str) -> None:
    """It can neither give up its role nor leave, however many other members there are. With other roles beside it, it can."""
    company, admin = await company_of_kind(factory, kind)
    if kind not in ("MANAGED", "OPERATOR"):
        await factory.change(company.user.membership, roles=["VIEWER"])
    await factory.user(company, "NETWORK_ADMIN", "FINANCE")
    before = await stored_rows(rules_engine)

    refused = [
        await update(client, admin.email, admin.membership, "NETWORK_ADMIN"),
        await remove(client, admin.email, admin.membership),
    ]
    unchanged = before == await stored_rows(rules_engine)
    kept = await update(client, admin.email, admin.membership, "VIEWER", "ACCOUNT_ADMIN")

    assert [not_updated("LAST_ADMIN", "roles"), not_removed("LAST_ADMIN")] == refused
    assert unchanged
    assert updated("ACCOUNT_ADMIN", "VIEWER") == kept


async def test_partner_leaves_its_account_an_administrator_V10_V14(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A partner neither demotes nor removes the last account administrator. Its own administrators don't count."""
    account = await factory.managed_account(await factory.partner())
    last = account.company.user.membership
    before = await stored_rows(rules_engine)

    answers = [await update(client, account.partner.admin, last, "VIEWER"), await remove(client, account.partner.admin, last)]

    assert [not_updated("LAST_ADMIN", "roles"), not_removed("LAST_ADMIN")] == answers
    assert before == await stored_rows(rules_engine)


async def test_all_problems_of_an_input_are_reported_V10_V49(client: Client, factory: Factory) -> None:
    """A role of the operator's staff in place of the last administrator's is two errors."""
    company = await factory.company()

    answer = await update(client, company.admin, company.user.membership, "REVIEWER")

    assert [user_error("INVALID_VALUE", "roles"), user_error("LAST_ADMIN", "roles")] == answer["userErrors"]


@pytest.mark.parametrize("acts", ["remove", "demote", "leave"])
async def test_two_administrators_at_once_leave_one_V10_V50(client: Client, factory: Factory, acts: str) -> None:
    """Two administrators who remove or demote each other, or both leave, at the same time: one of them loses."""
    company = await factory.company()
    users = [company.user, await factory.user(company)]
    watching = await factory.user(company, "VIEWER")
    targets = users if acts == "leave" else users[::-1]
    mutation = DEMOTE if acts == "demote" else REMOVE
    assert [200, 200] == [(await client(user.email, OWN)).status for user in users]  # both have their tokens

    answers = await asyncio.gather(
        *(client(user.email, mutation, id=target.membership.id) for user, target in zip(users, targets, strict=True))
    )

    done = [answer.status == 200 and not answer.data["done"]["userErrors"] for answer in answers]
    left = await roles_of(client, watching.email, company)
    assert [False, True] == sorted(done)
    assert 1 == left.count(["ACCOUNT_ADMIN"])


async def test_removed_member_is_refused_from_the_next_request_V50_V59(client: Client, factory: Factory) -> None:
    """Its token was good until its administrator removed it. A company that it's still a member of isn't affected."""
    company = await factory.company()
    user = await factory.user(company, "FINANCE")

    before = await client(user.email, OWN)
    await remove(client, company.admin, user.membership)
    after = await client(user.email, OWN)

    assert (200, 401) == (before.status, after.status)
    assert (["UNAUTHENTICATED"], GONE) == (after.codes, after.errors[0]["message"])


async def test_new_roles_apply_to_the_next_request_V50(client: Client, factory: Factory) -> None:
    """A demoted administrator can no longer change its colleagues, and a promoted one can."""
    company = await factory.company()
    user, colleague = await factory.user(company), await factory.user(company, "VIEWER")

    await update(client, company.admin, user.membership, "FINANCE")
    refused = await update(client, user.email, colleague.membership, "FINANCE")
    await update(client, company.admin, user.membership, "ACCOUNT_ADMIN")
    allowed = await update(client, user.email, colleague.membership, "FINANCE")

    assert [not_updated("FORBIDDEN", "id"), updated("FINANCE")] == [refused, allowed]


async def test_subscription_of_a_removed_member_ends_V50_V59(client: Client, factory: Factory) -> None:
    """The socket closes when the member is removed, without waiting for an event."""
    company = await factory.company()
    user = await factory.user(company)

    async with client.following(user.email, PORTS) as following:
        await remove(client, company.admin, user.membership)
        with pytest.raises(Closed) as closed:
            await following.event()

    assert (4403, GONE) == (closed.value.code, closed.value.reason)


async def test_subscription_of_a_demoted_member_loses_prices_V50(client: Client, factory: Factory) -> None:
    """The next event has only what its new roles can read."""
    company = await factory.company()
    user = await factory.user(company)
    ours = await factory.port(company)

    async with client.following(user.email, PRICED) as following:
        await update(client, company.admin, user.membership, "NETWORK_ADMIN")
        await factory.change(ours, name="two")
        event = await following.event()

    hidden = redaction_at("portUpdated.monthlyRate", "ROLE_REQUIRED")
    assert payload({"portUpdated": {"name": "two", "monthlyRate": None}}, hidden) == event


async def test_payload_is_read_with_the_new_roles_V50(client: Client, factory: Factory) -> None:
    """An administrator who gives up its role sees in the payload what it can still read and do."""
    company = await factory.company()
    user, colleague = await factory.user(company), await factory.user(company, "VIEWER")
    query = """mutation ($id: ID!, $other: ID!) {
      own: updateMember(input: {id: $id, roles: [VIEWER]}) { membership { roles viewerCan } userErrors { code } }
      next: updateMember(input: {id: $other, roles: [FINANCE]}) { membership { roles } userErrors { code } } }"""

    answer = await client(user.email, query, id=user.membership.id, other=colleague.membership.id)

    assert {
        "own": {"membership": {"roles": ["VIEWER"], "viewerCan": ["READ", "REMOVE", "SWITCH_TO"]}, "userErrors": []},
        "next": {"membership": None, "userErrors": [{"code": "FORBIDDEN"}]},
    } == answer.data


async def test_removal_with_a_key_runs_once_V50(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """A repeated request gets the first response. Without the key, the membership isn't found a second time."""
    company = await factory.company()
    member = (await factory.user(company, "VIEWER")).membership

    first = await remove(client, company.admin, member, key="k")
    again = await remove(client, company.admin, member, key="k")
    third = await remove(client, company.admin, member)

    assert [removed(member), removed(member), not_removed("NOT_FOUND")] == [first, again, third]
    assert ["removeMember"] == [action for action, _, _ in await recorded_changes(rules_engine)]


async def test_viewer_can_says_who_changes_a_member_V14_V49_V50(client: Client, factory: Factory) -> None:
    """The company's and its partner's administrators update and remove; the member itself removes; the others only read."""
    operator, partner = await factory.operator(), await factory.partner()
    account = await factory.managed_account(partner)
    member = await factory.user(account.company, "VIEWER")
    colleague = await factory.user(account.company, "FINANCE")
    finance = await factory.user(partner, "FINANCE")
    viewers = {
        "administrator": account.admin,
        "partner": partner.admin,
        "member": member.email,
        "colleague": colleague.email,
        "partner's finance": finance.email,
        "operator": operator.admin,
        "visitor": ANONYMOUS,
    }

    found = {
        name: (answer.data["node"] or {}).get("viewerCan")
        for name, viewer in viewers.items()
        if (answer := await client(viewer, CAN, id=member.membership.id))
    }

    assert {
        "administrator": ["READ", "UPDATE", "REMOVE"],
        "partner": ["READ", "UPDATE", "REMOVE", "VIEW_AS", "EXPLAIN"],
        "member": ["READ", "REMOVE", "SWITCH_TO"],
        "colleague": ["READ"],
        "partner's finance": ["READ"],
        "operator": ["READ", "EXPLAIN"],
        "visitor": None,
    } == found


async def test_rest_of_a_batch_has_the_rights_that_a_mutation_left_A43(client: Client, factory: Factory) -> None:
    """An administrator that takes its own role has other rights from the next operation on, and none once it has left."""
    member = await factory.user(await factory.company(), "ACCOUNT_ADMIN")
    roles = {"query": "{ viewer { roles } }"}
    demote = {"query": DEMOTE, "variables": {"id": member.membership.id}}
    leave = {"query": REMOVE, "variables": {"id": member.membership.id}}

    headers = {"Authorization": f"Bearer {await client._token(member.email)}"}
    answers = await client.http.post("/graphql", json=[roles, demote, roles, leave, roles], headers=headers)

    before, _done, after, left, gone = answers.json()
    assert [["ACCOUNT_ADMIN"], ["VIEWER"]] == [each["data"]["viewer"]["roles"] for each in (before, after)]
    assert [] == left["data"]["done"]["userErrors"]
    assert ["UNAUTHENTICATED"] == [error["extensions"]["code"] for error in gone["errors"]]
