"""Invitations: who sends, reads and revokes them, and how the owner of an address becomes a member."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Invitation, User
from models.base import now
from models.invitation import MAX_PER_ADDRESS
from models.sign_in_attempt import MAX_PER_ADDRESS as MAX_ATTEMPTS
from resolvers.mutations import invitation as commands
from tests.client import ANONYMOUS, Client
from tests.factory import Company, Factory, Thing
from tests.rules.answers import payload, redaction_at, response_of
from tests.rules.identity import (
    LINK,
    OTHER_PASSWORD,
    PASSWORD,
    ask,
    code_in_mail,
    give_password,
    mails_to,
    person,
    sign_in,
)
from tests.rules.mutations import executed_statements, queued_mails, recorded_changes, send, stored_rows, user_error

EMAIL: Final = "Ada.Byron@newcomer.example"
NEW_USER: Final = {"password": PASSWORD, "name": "Ada Byron", "jobTitle": "Analyst"}
INVITATION: Final = "invitation { email roles company { id } invitedBy { id } viewerCan }"
LISTED: Final = "query ($id: ID!) { company(id: $id) { invitations(first: 10) { nodes { id email } totalCount } } }"
JOINED: Final = (
    "membership { roles company { id tradingName } user { name jobTitle email } } tokens { accessToken refreshToken }"
)
BY_TOKEN: Final = """query ($token: String!) { invitation(token: $token) {
  email roles expiresAt invitedBy { id } viewerCan
  company { id tradingName companyType accountKind companyProfile { legalName } ports { totalCount } members { totalCount } } } }"""
OWN: Final = "{ viewer { invitations { id email roles viewerCan company { tradingName accountKind } } } }"
WHO: Final = "{ viewer { user { email } company { id } roles emailVerified } }"
KINDS: Final = ["DIRECT", "PARTNER", "MANAGED", "OPERATOR"]


async def invite(client: Client, viewer: str | None, email: str = EMAIL, **more: Any) -> dict[str, Any]:
    """Invite an address as a VIEWER unless other values are given."""
    return await send(client, viewer, "inviteMember", INVITATION, **{"email": email, "roles": ["VIEWER"], **more})


async def invited(client: Client, engine: AsyncEngine, company: Company, email: str = EMAIL, **more: Any) -> str:
    """Invite an address to a company, and return the code in the email."""
    assert [] == (await invite(client, company.admin, email, **more))["userErrors"]
    return await code_in_mail(engine, email)


async def accept(client: Client, viewer: str | None, token: str | None = None, **more: Any) -> dict[str, Any]:
    """Accept an invitation."""
    return await send(client, viewer, "acceptInvitation", JOINED, **({"token": token} if token else {}), **more)


async def accept_signed_in(client: Client, access_token: str, values: dict[str, str]) -> Any:
    """Accept an invitation with an access token."""
    selection = f"{JOINED} userErrors {{ code field }}"
    query = f"mutation ($input: AcceptInvitationInput!) {{ acceptInvitation(input: $input) {{ {selection} }} }}"
    _, data = await ask(client, access_token, query, input=values)
    return data["acceptInvitation"]


async def verify(engine: AsyncEngine, email: str) -> None:
    """Let a user have verified its address."""
    async with engine.connect() as connection:
        await connection.execute(sa.update(User).where(User.email == email).values(email_verified_at=now()))


async def expire(engine: AsyncEngine) -> None:
    """Let all invitations expire."""
    async with engine.connect() as connection:
        await connection.execute(sa.update(Invitation).values(expires_at=now()))


def in_capitals(email: str) -> str:
    """Return an address with another case of its local part. Domains are stored in lower case."""
    local, _, domain = email.partition("@")
    return f"{local.upper()}@{domain}"


async def admin_of(factory: Factory, kind: str) -> Company:
    """Create a company of a kind, whose first member is an account administrator."""
    if kind == "MANAGED":
        return (await factory.managed_account(await factory.partner())).company
    company = await factory.company(kind=kind)
    if kind != "OPERATOR":
        return company
    user = await factory.user(company, "ACCOUNT_ADMIN")
    return Company(company.type, company.key, company.name, user)


def refused(code: str, *field: str) -> dict[str, Any]:
    """Return the payload of a refused invitation."""
    return {"invitation": None, "userErrors": [user_error(code, *field)]}


def not_joined(code: str, *field: str) -> dict[str, Any]:
    """Return the payload of a refused acceptance."""
    return {"membership": None, "tokens": None, "userErrors": [user_error(code, *field)]}


@pytest.mark.parametrize("kind", KINDS)
async def test_administrator_invites_a_member_R427_V49(client: Client, factory: Factory, kind: str) -> None:
    """The invitation has the address, the roles and who sent it, and can be revoked."""
    company = await admin_of(factory, kind)

    answer = await invite(client, company.admin, roles=["FINANCE", "ACCOUNT_ADMIN", "FINANCE"])

    expected = {
        "email": EMAIL,
        "roles": ["ACCOUNT_ADMIN", "FINANCE"],
        "company": {"id": company.id},
        "invitedBy": {"id": company.user.id},
        "viewerCan": ["READ", "REVOKE"],
    }
    assert {"invitation": expected, "userErrors": []} == answer


async def test_mail_has_the_link_the_code_and_the_companys_name_R427_V42_V57(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """The link leads to the account pages. The email says who invites, and nothing else about the company."""
    company = await factory.company()

    code = await invited(client, rules_engine, company)

    (mail,) = await mails_to(rules_engine, EMAIL)
    assert [f"{client.app.state.services.account_url}/invitation?token={code}"] == LINK.findall(mail)
    assert company.name in mail
    assert "INVITATION" == (await queued_mails(rules_engine))[0][0]


@pytest.mark.parametrize("status", ["UNVERIFIED", "PENDING", "REJECTED"])
async def test_unverified_company_invites_members_R426_R428_V47(client: Client, factory: Factory, status: str) -> None:
    """The team can be set up before the operator has verified the company, and at any time later."""
    company = await factory.company(verification_status=status)

    assert [] == (await invite(client, company.admin))["userErrors"]


async def test_partners_administrator_invites_to_its_account_V14_V49(client: Client, factory: Factory) -> None:
    """It names the company. Its own administrators and those of the account list and revoke the invitation."""
    account = await factory.managed_account(await factory.partner())

    made = await invite(client, account.partner.admin, companyId=account.company.id, roles=["ACCOUNT_ADMIN"])
    listed = [await client(viewer, LISTED, id=account.company.id) for viewer in (account.partner.admin, account.admin)]

    assert [] == made["userErrors"]
    assert [1, 1] == [each.data["company"]["invitations"]["totalCount"] for each in listed]


@pytest.mark.parametrize("role", ["NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"])
async def test_other_roles_neither_invite_nor_read_invitations_R405_V49(
    client: Client, factory: Factory, rules_engine: AsyncEngine, role: str
) -> None:
    """Nothing is stored, and the list is null with a reason."""
    company = await factory.company()
    invitation = await factory.invitation(company, EMAIL)
    colleague = await factory.user(company, role)
    before = await stored_rows(rules_engine)

    answers = [await invite(client, colleague.email), await invite(client, colleague.email, companyId=company.id)]
    listed = await client(colleague.email, LISTED, id=company.id)
    revoked = await send(client, colleague.email, "revokeInvitation", "invitationId", id=invitation.id)

    assert [refused("FORBIDDEN"), refused("FORBIDDEN", "companyId")] == answers
    assert {"invitationId": None, "userErrors": [user_error("NOT_FOUND", "id")]} == revoked
    hidden = redaction_at("company.invitations", "ROLE_REQUIRED")
    assert payload({"company": {"invitations": None}}, hidden) == response_of(listed)
    assert before == await stored_rows(rules_engine)


async def test_strangers_and_visitors_neither_invite_nor_revoke_V14_V49(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A hidden company is like an absent one, and so is its invitation. An account reaches nothing of its partner."""
    account = await factory.managed_account(await factory.partner())
    invitation = await factory.invitation(account.partner, EMAIL)
    viewers = [(await factory.company()).admin, (await factory.partner()).admin, ANONYMOUS]
    before = await stored_rows(rules_engine)

    answers = [await invite(client, viewer, companyId=account.company.id) for viewer in viewers]
    revoked = [
        await send(client, viewer, "revokeInvitation", "invitationId", id=invitation.id) for viewer in (*viewers, account.admin)
    ]

    assert [refused("NOT_FOUND", "companyId")] * 3 == answers
    assert [{"invitationId": None, "userErrors": [user_error("NOT_FOUND", "id")]}] * 4 == revoked
    assert before == await stored_rows(rules_engine)


async def test_operators_staff_reads_all_invitations_and_sends_none_V49_A43(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Reviewers and support list the invitations of every company. Only an account administrator invites."""
    company, support = await factory.company(), await factory.support()
    invitation = await factory.invitation(company, EMAIL)
    before = await stored_rows(rules_engine)

    listed = await client(support.email, LISTED, id=company.id)
    answer = await invite(client, support.email, companyId=company.id)
    revoked = await send(client, support.email, "revokeInvitation", "invitationId", id=invitation.id)

    nodes = [{"id": invitation.id, "email": EMAIL}]
    assert {"company": {"invitations": {"nodes": nodes, "totalCount": 1}}} == listed.data
    assert refused("FORBIDDEN", "companyId") == answer
    assert [user_error("FORBIDDEN", "id")] == revoked["userErrors"]
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER", "MANAGED"])
@pytest.mark.parametrize("role", ["REVIEWER", "SUPPORT"])
async def test_staff_roles_are_offered_by_the_operators_company_only_V49_A43(
    client: Client, factory: Factory, rules_engine: AsyncEngine, kind: str, role: str
) -> None:
    """Elsewhere the role is refused and nothing is sent. The operator's account administrator gives it."""
    company, operator = await admin_of(factory, kind), await admin_of(factory, "OPERATOR")

    elsewhere = await invite(client, company.admin, roles=["VIEWER", role])
    mails = await queued_mails(rules_engine)
    own = await invite(client, operator.admin, roles=[role])

    assert (refused("INVALID_VALUE", "roles"), []) == (elsewhere, mails)
    assert [] == own["userErrors"]


async def test_all_problems_of_an_invitation_are_reported_R427(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A wrong address and missing roles, each with its field."""
    company = await factory.company()
    before = await stored_rows(rules_engine)

    answer = await invite(client, company.admin, "nobody", roles=[])

    errors = [user_error("INVALID_VALUE", "email"), user_error("REQUIRED", "roles")]
    assert {"invitation": None, "userErrors": errors} == answer
    assert before == await stored_rows(rules_engine)


async def test_member_is_not_invited_again_V49_V57(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Whatever the case of the address. The inviter can read that it's a member."""
    company = await factory.company()
    colleague = await factory.user(company, "VIEWER")
    before = await stored_rows(rules_engine)

    assert refused("ALREADY_MEMBER", "email") == await invite(client, company.admin, colleague.email.upper())
    assert before == await stored_rows(rules_engine)


async def test_inviter_does_not_learn_whether_an_address_has_an_account_V42_V49(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """The answer and the statements are the same, and so is the email but for its code."""
    companies, stranger = [await factory.company() for _ in range(2)], await person(factory, rules_engine)
    addresses = [stranger.email, "nobody@sample.example"]
    await invite(client, (await factory.company()).admin)
    ran, answers = [], []

    for company, address in zip(companies, addresses, strict=True):
        with executed_statements(client.app.state.services.engine) as statements:
            answer = await send(client, company.admin, "inviteMember", "invitation { roles }", email=address, roles=["VIEWER"])
        answers.append(answer)
        ran.append(list(statements))

    assert answers[0] == answers[1]
    assert ran[0] == ran[1]
    mails = [await mails_to(rules_engine, address) for address in addresses]
    texts = [
        mail.replace(await code_in_mail(rules_engine, address), "").replace(company.name, "")
        for (mail,), address, company in zip(mails, addresses, companies, strict=True)
    ]
    assert texts[0] == texts[1]


async def test_new_invitation_replaces_the_earlier_one_V42(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """The earlier code is refused, and one invitation is listed. Another company's stays."""
    company, other = await factory.company(), await factory.company()
    await invited(client, rules_engine, other)
    first = await invited(client, rules_engine, company)
    second = await invited(client, rules_engine, company, in_capitals(EMAIL), roles=["FINANCE"])

    listed = [await client(each.admin, LISTED, id=each.id) for each in (company, other)]

    assert [1, 1] == [each.data["company"]["invitations"]["totalCount"] for each in listed]
    assert not_joined("INVALID_TOKEN", "token") == await accept(client, ANONYMOUS, first, **NEW_USER)
    assert ["FINANCE"] == (await accept(client, ANONYMOUS, second, **NEW_USER))["membership"]["roles"]


async def test_invitations_are_limited_for_each_company_V49(
    client: Client, factory: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A partner's count includes those to its accounts, and revoked ones. Another company isn't affected."""
    monkeypatch.setattr(commands, "MAX_PER_COMPANY", 2)
    account, other = await factory.managed_account(await factory.partner()), await factory.company()
    partner = account.partner
    revoked = await factory.invitation(partner, "one@sample.example")
    await send(client, partner.admin, "revokeInvitation", "invitationId", id=revoked.id)

    answers = [
        await invite(client, partner.admin, "two@sample.example", companyId=account.company.id),
        await invite(client, partner.admin, "three@sample.example"),
        await invite(client, other.admin, "three@sample.example"),
    ]

    assert [[], [user_error("TOO_MANY", "email")], []] == [answer["userErrors"] for answer in answers]


async def test_mails_to_one_address_are_limited_silently_V42(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Whoever invites it. Further invitations have the same answer and no email."""
    answers = [await invite(client, (await factory.company()).admin) for _ in range(MAX_PER_ADDRESS + 2)]

    assert [[]] * len(answers) == [answer["userErrors"] for answer in answers]
    assert MAX_PER_ADDRESS == len(await queued_mails(rules_engine))


async def test_tokens_of_invitations_are_stored_hashed_V42(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Only the outbox has the code, until the email is sent. The audit log has neither the code nor the address."""
    code = await invited(client, rules_engine, await factory.company())

    rows = await stored_rows(rules_engine)

    assert ["mail"] == [name for name, stored in rows.items() if code in str(stored) or code.replace("-", "") in str(stored)]
    ((action, table, changes),) = await recorded_changes(rules_engine)
    assert ("inviteMember", "invitation", "…", "…") == (action, table, changes["email"][1], changes["token_hash"][1])


async def test_holder_of_the_link_reads_name_and_type_V57(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Nothing else of the company, whoever holds the link: a visitor, or somebody who is signed in for another company."""
    company, stranger = await factory.company(), await factory.company()
    await factory.port(company)
    code = await invited(client, rules_engine, company)

    answers = [await client(viewer, BY_TOKEN, token=code.lower()) for viewer in (ANONYMOUS, stranger.admin)]

    for answer in answers:
        found = answer.data["invitation"]
        assert (EMAIL, ["VIEWER"], None) == (found["email"], found["roles"], found["invitedBy"])
        hidden = {"accountKind": None, "companyProfile": None, "members": None, "ports": {"totalCount": 0}}
        assert {"id": company.id, "tradingName": company.name, "companyType": "ENTERPRISE", **hidden} == found["company"]
    hidden_fields = {redaction.path[-1] for redaction in answers[0].redactions}
    assert {"accountKind", "companyProfile", "members"} == hidden_fields


async def test_link_opens_nothing_beside_the_invitation_V57(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """In the same request and after it, the company stays hidden, and so does the invitation by its id."""
    company, other = await factory.company(), await factory.company()
    code = await invited(client, rules_engine, company)
    invitation = await factory.invitation(other, "somebody@sample.example")
    query = """query ($token: String!, $id: ID!, $company: ID!) { invitation(token: $token) { company { id } }
      company(id: $company) { id } node(id: $id) { id } companies { totalCount } viewer { invitations { id } } }"""

    answer = await client(ANONYMOUS, query, token=code, id=invitation.id, company=company.id)

    nothing: dict[str, Any] = {"company": None, "node": None, "companies": {"totalCount": 0}, "viewer": {"invitations": []}}
    assert {"invitation": {"company": {"id": company.id}}, **nothing} == answer.data


@pytest.mark.parametrize("way", ["unknown", "malformed", "revoked", "expired", "accepted"])
async def test_invalid_links_are_all_alike_V42(client: Client, factory: Factory, rules_engine: AsyncEngine, way: str) -> None:
    """The invitation is null, and accepting it is refused with the same error."""
    company = await factory.company()
    code = await invited(client, rules_engine, company)
    token = {"unknown": "K7Q2-9XMD-AAAA-BBBB-CCCC", "malformed": "İ" * 30}.get(way, code)
    if way == "revoked":
        (node,) = (await client(company.admin, LISTED, id=company.id)).data["company"]["invitations"]["nodes"]
        revoked = await send(client, company.admin, "revokeInvitation", "invitationId", id=node["id"])
        assert {"invitationId": node["id"], "userErrors": []} == revoked
    if way == "expired":
        await expire(rules_engine)
    if way == "accepted":
        assert [] == (await accept(client, ANONYMOUS, code, **NEW_USER))["userErrors"]

    answer = await client(ANONYMOUS, BY_TOKEN, token=token)

    assert {"invitation": None} == answer.data
    assert not_joined("INVALID_TOKEN", "token") == await accept(client, ANONYMOUS, token, **NEW_USER)


async def test_invitation_lasts_seven_days_V42(client: Client, factory: Factory) -> None:
    """The field says until when."""
    company = await factory.company()
    selection = "invitation { createdAt expiresAt }"

    made = await send(client, company.admin, "inviteMember", selection, email=EMAIL, roles=["VIEWER"])

    created, expires = (now().fromisoformat(made["invitation"][name]) for name in ("createdAt", "expiresAt"))
    assert abs(expires - created - timedelta(days=7)) < timedelta(seconds=1)


async def test_newcomer_accepts_with_a_new_account_R402_R406_V49(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """The token proves the address. The tokens act for the new membership, and the password signs in later."""
    company = await factory.company()
    code = await invited(client, rules_engine, company, roles=["FINANCE", "NETWORK_ADMIN"])

    answer = await accept(client, ANONYMOUS, code, **NEW_USER)

    member = {
        "roles": ["NETWORK_ADMIN", "FINANCE"],
        "company": {"id": company.id, "tradingName": company.name},
        "user": {"name": "Ada Byron", "jobTitle": "Analyst", "email": EMAIL},
    }
    assert (member, []) == (answer["membership"], answer["userErrors"])
    viewer = {"user": {"email": EMAIL}, "company": {"id": company.id}, "roles": ["FINANCE", "NETWORK_ADMIN"]}
    seen = await ask(client, answer["tokens"]["accessToken"], WHO)
    assert (200, {"viewer": {**viewer, "emailVerified": True}}) == seen
    assert await sign_in(client, EMAIL.lower())


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        ({}, [("PASSWORD_TOO_SHORT", "password"), ("REQUIRED", "name"), ("REQUIRED", "jobTitle")]),
        ({**NEW_USER, "password": "passwordpassword"}, [("PASSWORD_TOO_COMMON", "password")]),
        ({**NEW_USER, "password": "seven green byron boats"}, [("PASSWORD_TOO_PERSONAL", "password")]),
        ({**NEW_USER, "jobTitle": " "}, [("REQUIRED", "jobTitle")]),
    ],
    ids=["nothing", "common", "personal", "blank"],
)
async def test_bad_input_of_a_newcomer_is_refused_V43(
    client: Client, factory: Factory, rules_engine: AsyncEngine, values: dict[str, str], errors: list[tuple[str, str]]
) -> None:
    """The rules are those of completing a sign-up. The code still works afterwards."""
    code = await invited(client, rules_engine, await factory.company())
    before = await stored_rows(rules_engine)

    answer = await accept(client, ANONYMOUS, code, **values)

    assert [user_error(*error) for error in errors] == answer["userErrors"]
    assert before == await stored_rows(rules_engine)
    assert [] == (await accept(client, ANONYMOUS, code, **NEW_USER))["userErrors"]


async def test_owner_of_an_account_accepts_with_its_password_V49_V45(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """It keeps its other memberships and its name. The new tokens act for the new one."""
    user, company = await person(factory, rules_engine), await factory.company()
    code = await invited(client, rules_engine, company, user.email)

    answer = await accept(client, ANONYMOUS, code, password=PASSWORD, name="Another Name")

    assert ("Sam Sample", []) == (answer["membership"]["user"]["name"], answer["userErrors"])
    query = "{ viewer { company { id } memberships { company { id } } } }"
    _, data = await ask(client, answer["tokens"]["accessToken"], query)
    both = [{"company": {"id": each.id}} for each in (user.company, company)]
    assert {"viewer": {"company": {"id": company.id}, "memberships": both}} == data


async def test_token_alone_does_not_open_an_account_V42_V43(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Without the password or with a wrong one nothing changes, and wrong ones count like those of a sign-in."""
    user = await person(factory, rules_engine)
    code = await invited(client, rules_engine, await factory.company(), user.email)
    before = (await stored_rows(rules_engine))["membership"]

    none = await accept(client, ANONYMOUS, code, name="Sam", jobTitle="Analyst")
    wrong = [await accept(client, ANONYMOUS, code, password=OTHER_PASSWORD, **_named()) for _ in range(MAX_ATTEMPTS)]
    right = await accept(client, ANONYMOUS, code, password=PASSWORD)

    assert not_joined("REQUIRED", "password") == none
    assert [not_joined("INVALID_CREDENTIALS", "password")] * MAX_ATTEMPTS == wrong
    assert not_joined("TOO_MANY") == right
    assert before == (await stored_rows(rules_engine))["membership"]


def _named() -> dict[str, str]:
    return {"name": "Sam Sample", "jobTitle": "Analyst"}


async def test_account_without_a_password_is_not_opened_V42(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Its owner resets the password first."""
    user = (await factory.company()).admin
    code = await invited(client, rules_engine, await factory.company(), user)

    assert not_joined("INVALID_CREDENTIALS", "password") == await accept(client, ANONYMOUS, code, password=PASSWORD, **_named())


@pytest.mark.parametrize("by", ["token", "id"])
async def test_signed_in_user_accepts_without_a_password_V45_V49_V57(
    client: Client, factory: Factory, rules_engine: AsyncEngine, by: str
) -> None:
    """The address is compared without case. The session stays, and acts for the new membership."""
    user, company = await person(factory, rules_engine), await factory.company()
    token = (await sign_in(client, user.email))["accessToken"]
    code = await invited(client, rules_engine, company, in_capitals(user.email))
    _, found = await ask(client, token, OWN)

    (own,) = found["viewer"]["invitations"]
    value = {"token": code} if by == "token" else {"id": own["id"]}
    answer = await accept_signed_in(client, token, value)
    again = await accept_signed_in(client, token, value)

    sender = {"tradingName": company.name, "accountKind": None}
    assert {**own, "roles": ["VIEWER"], "viewerCan": ["READ", "ACCEPT"], "company": sender} == own
    assert ([], None, company.id) == (
        answer["userErrors"],
        answer["tokens"]["refreshToken"],
        answer["membership"]["company"]["id"],
    )
    _, data = await ask(client, answer["tokens"]["accessToken"], WHO)
    assert ({"id": company.id}, ["VIEWER"]) == (data["viewer"]["company"], data["viewer"]["roles"])
    assert not_joined("INVALID_TOKEN" if by == "token" else "NOT_FOUND", by) == again
    assert {"viewer": {"invitations": []}} == (await ask(client, token, OWN))[1]


async def test_user_without_a_company_reads_and_accepts_its_invitations_V45(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Also those that were sent before it signed up."""
    company = await factory.company()
    invitation = await factory.invitation(company, EMAIL.upper())
    await send(client, ANONYMOUS, "signUp", "sent", email=EMAIL)
    values = {"token": await code_in_mail(rules_engine, EMAIL), **NEW_USER}
    token = (await send(client, ANONYMOUS, "completeSignUp", "tokens { accessToken }", **values))["tokens"]["accessToken"]

    _, data = await ask(client, token, OWN)
    answer = await accept_signed_in(client, token, {"id": invitation.id})

    assert [(invitation.id, EMAIL.upper())] == [(each["id"], each["email"]) for each in data["viewer"]["invitations"]]
    assert ([], company.id) == (answer["userErrors"], answer["membership"]["company"]["id"])


async def test_unverified_address_gives_no_invitations_V45(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Until the user has verified it, the invitation is hidden. Then it appears with the next request."""
    user, company = (await factory.company()).admin, await factory.company()
    invitation = await factory.invitation(company, user)

    hidden = await client(user, OWN)
    refused_first = await accept(client, user, id=invitation.id)
    await verify(rules_engine, user)
    shown = await client(user, OWN)

    assert {"viewer": {"invitations": []}} == hidden.data
    assert not_joined("NOT_FOUND", "id") == refused_first
    assert [invitation.id] == [each["id"] for each in shown.data["viewer"]["invitations"]]


async def test_nobody_else_accepts_an_invitation_V49(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Not who sent it, nor its partner, the operator or a stranger, by the id."""
    account, operator = await factory.managed_account(await factory.partner()), await factory.operator()
    invitation = await factory.invitation(account.company, EMAIL)
    viewers = [account.admin, account.partner.admin, operator.admin, (await factory.company()).admin, ANONYMOUS]
    before = await stored_rows(rules_engine)

    answers = [await accept(client, viewer, id=invitation.id) for viewer in viewers]

    codes = ["FORBIDDEN"] * 3 + ["NOT_FOUND"] * 2
    assert [not_joined(code, "id") for code in codes] == answers
    assert before == await stored_rows(rules_engine)


async def test_expired_invitation_is_not_accepted_by_its_id_V42(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Nor does `viewerCan` say that it could be."""
    user = await person(factory, rules_engine)
    invitation = await factory.invitation(await factory.company(), user.email, expires_at=now())

    own = (await client(user.email, OWN)).data["viewer"]["invitations"]

    assert [["READ"]] == [each["viewerCan"] for each in own]
    assert not_joined("INVALID_TOKEN", "id") == await accept(client, user.email, id=invitation.id)


@pytest.mark.parametrize("values", [{}, {"token": "x", "id": "x"}], ids=["neither", "both"])
async def test_either_a_token_or_an_id_is_required_V49(client: Client, values: dict[str, str]) -> None:
    """Not both, and not none."""
    assert not_joined("REQUIRED", "token") == await accept(client, ANONYMOUS, **values)


async def test_other_user_who_holds_the_link_joins_as_the_owner_only_V49(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Somebody who is signed in with another address gets no membership of its own: it has to prove whom the address belongs to."""
    stranger, user, company = await person(factory, rules_engine), await person(factory, rules_engine), await factory.company()
    code = await invited(client, rules_engine, company, user.email)

    without = await accept(client, stranger.email, code)
    answer = await accept(client, stranger.email, code, password=PASSWORD)

    assert not_joined("REQUIRED", "password") == without
    assert user.email == (await ask(client, answer["tokens"]["accessToken"], WHO))[1]["viewer"]["user"]["email"]
    assert [] == (await client(stranger.email, OWN)).data["viewer"]["invitations"]


async def test_member_who_joined_meanwhile_is_not_added_twice_V49(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """The acceptance is refused, and the membership keeps its roles."""
    user, company = await person(factory, rules_engine), await factory.company()
    code = await invited(client, rules_engine, company, user.email, roles=["ACCOUNT_ADMIN"])
    await factory.member(user.company.user, company, "VIEWER")
    before = (await stored_rows(rules_engine))["membership"]

    assert not_joined("ALREADY_MEMBER", "token") == await accept(client, ANONYMOUS, code, password=PASSWORD)
    assert before == (await stored_rows(rules_engine))["membership"]


@pytest.mark.parametrize("known", [False, True])
async def test_concurrent_acceptances_add_one_membership_V42(
    client: Client, factory: Factory, rules_engine: AsyncEngine, known: bool
) -> None:
    """The token works once, for a newcomer and for the owner of an account."""
    email = (await person(factory, rules_engine)).email if known else EMAIL
    company = await factory.company()
    code = await invited(client, rules_engine, company, email)

    answers = await asyncio.gather(*(accept(client, ANONYMOUS, code, **NEW_USER) for _ in range(4)))

    assert 1 == len([answer for answer in answers if answer["tokens"]])
    members = await client(company.admin, "query ($id: ID!) { company(id: $id) { members { totalCount } } }", id=company.id)
    assert 2 == members.data["company"]["members"]["totalCount"]


async def test_administrators_are_told_who_joined_V49(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """By a notification and an email, but not the new member itself."""
    company = await factory.company()
    code = await invited(client, rules_engine, company, roles=["ACCOUNT_ADMIN"])
    await accept(client, ANONYMOUS, code, **NEW_USER)

    query = "{ notifications { nodes { kind title } } }"
    told = [(await client(email, query)).data["notifications"]["nodes"] for email in (company.admin, EMAIL)]

    assert [[{"kind": "INVITATION", "title": "Ada Byron joined your company"}], []] == told
    assert [EMAIL, company.admin] == [to for _, to, _ in await queued_mails(rules_engine)]


async def test_acceptance_is_audited_V49(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """The new membership and the end of the invitation, without a token or an address."""
    code = await invited(client, rules_engine, await factory.company())

    await accept(client, ANONYMOUS, code, **NEW_USER)

    changes = [change for change in await recorded_changes(rules_engine) if change[0] == "acceptInvitation"]
    assert {"membership", "invitation"} == {table for _, table, _ in changes}
    assert EMAIL not in str(changes)


async def test_refresh_token_in_a_cookie_is_not_returned_V44(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """As in a sign-in."""
    code = await invited(client, rules_engine, await factory.company())

    answer = await accept(client, ANONYMOUS, code, cookie=True, **NEW_USER)

    assert ([], None) == (answer["userErrors"], answer["tokens"]["refreshToken"])


async def test_unclaimed_member_is_claimed_by_accepting_V49(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Somebody who was added by a command gets that membership, with the roles of the invitation."""
    company = await factory.company()
    member = await _unclaimed(factory, rules_engine, company)
    code = await invited(client, rules_engine, company, roles=["FINANCE"])

    answer = await accept(client, ANONYMOUS, code, **NEW_USER)

    query = "{ viewer { memberships { id roles } } }"
    _, data = await ask(client, answer["tokens"]["accessToken"], query)
    assert {"viewer": {"memberships": [{"id": member.id, "roles": ["FINANCE"]}]}} == data


async def test_unclaimed_member_is_claimed_by_signing_up_R402(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Once the owner of the address has proved it, and not before."""
    company = await factory.company()
    member = await _unclaimed(factory, rules_engine, company)
    await send(client, ANONYMOUS, "signUp", "sent", email=EMAIL)

    values = {"token": await code_in_mail(rules_engine, EMAIL), **NEW_USER}
    answer = await send(client, ANONYMOUS, "completeSignUp", "tokens { accessToken }", **values)

    query = "{ viewer { company { id } memberships { id roles } } }"
    _, data = await ask(client, answer["tokens"]["accessToken"], query)
    own = [{"id": member.id, "roles": ["ACCOUNT_ADMIN"]}]
    assert {"viewer": {"company": {"id": company.id}, "memberships": own}} == data


async def _unclaimed(factory: Factory, engine: AsyncEngine, company: Company) -> Thing:
    """Add a member to a company who hasn't claimed its user, with EMAIL in lower case, and return the membership."""
    user = await factory.user(company)
    values = {"claimed": False, "email": EMAIL.lower()}
    async with engine.connect() as connection:
        await connection.execute(sa.update(User).where(User.id == user.key).values(values))
    return user.membership


async def test_acceptance_in_view_as_is_refused_V14(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Who views the market as another user neither reads nor accepts that user's invitations."""
    account = await factory.managed_account(await factory.partner())
    await give_password(rules_engine, account.admin)
    await factory.invitation(await factory.company(), account.admin)

    seen = await client.send(account.partner.admin, OWN, {}, **{"X-Crossgate-View-As": account.company.user.id})

    assert {"viewer": {"invitations": []}} == seen.data
