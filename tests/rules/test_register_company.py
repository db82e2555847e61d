"""Registering a company: its founder becomes its account administrator, and the session acts for it."""

from __future__ import annotations

from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import User
from tests.client import ANONYMOUS, Client
from tests.factory import Factory
from tests.pictures import certificate
from tests.rules.identity import TOKENS, ask, code_in_mail, mutate, person, refresh, sign_in
from tests.rules.mutations import queued_mails, recorded_changes, send, stored_rows, user_error
from tests.rules.test_sign_up import complete, sign_up

COMPANY: Final = (
    "company { tradingName companyType accountKind verificationStatus companyProfile { legalName registrationNumber country }"
    " viewerCan }"
)
VIEWER: Final = "{ viewer { company { tradingName } roles memberships { company { tradingName } roles } } }"
INPUT: Final = {
    "legalName": "Newcomer Networks GmbH",
    "tradingName": "Newcomer",
    "country": "DE",
    "registrationNumber": "HRB 12345",
}


async def newcomer(client: Client, engine: AsyncEngine) -> str:
    """Sign a user up and return its access token."""
    await sign_up(client)
    answer = await complete(client, await code_in_mail(engine, "Ada.Byron@newcomer.example"))
    token: str = answer["tokens"]["accessToken"]
    return token


async def register(client: Client, token: str, **more: Any) -> Any:
    """Register a company with an access token."""
    return await mutate(client, token, "registerCompany", f"{COMPANY} {TOKENS}", **{**INPUT, **more})


async def test_founder_becomes_account_administrator_of_an_unverified_company_R403_V46(
    client: Client, rules_engine: AsyncEngine
) -> None:
    """The company is DIRECT and UNVERIFIED, and the payload shows what its administrator can do until it's verified."""
    answer = await register(client, await newcomer(client, rules_engine))

    assert [] == answer["userErrors"]
    company = answer["company"]
    assert ("Newcomer", "ENTERPRISE", "DIRECT", "UNVERIFIED") == tuple(
        company[name] for name in ("tradingName", "companyType", "accountKind", "verificationStatus")
    )
    assert {"legalName": "Newcomer Networks GmbH", "registrationNumber": "HRB 12345", "country": "DE"} == company[
        "companyProfile"
    ]
    assert "UPDATE_COMPANY_PROFILE" in company["viewerCan"]
    assert {"ORDER_PORT", "PUBLISH_PORT", "CREATE_API_KEY", "SET_IDENTITY_ISSUER"}.isdisjoint(company["viewerCan"])


async def test_session_acts_for_the_new_company_R403_V45(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """The returned token and later refreshes are for the new company. The user keeps its first one."""
    founder = await person(factory, rules_engine)
    tokens = await sign_in(client, founder.email)

    answer = await register(client, tokens["accessToken"])
    refreshed = await refresh(client, tokens["refreshToken"])

    for token in (answer["tokens"]["accessToken"], refreshed["tokens"]["accessToken"]):
        status, data = await ask(client, token, VIEWER)
        assert (200, "Newcomer", ["ACCOUNT_ADMIN"]) == (
            status,
            data["viewer"]["company"]["tradingName"],
            data["viewer"]["roles"],
        )
        assert 2 == len(data["viewer"]["memberships"])
    assert answer["tokens"]["refreshToken"] is None


async def test_registration_is_audited_for_the_new_company_R403(client: Client, rules_engine: AsyncEngine) -> None:
    """The company and its first membership are in its audit log."""
    await register(client, await newcomer(client, rules_engine))

    changes = [(action, table) for action, table, _ in await recorded_changes(rules_engine)]
    assert [("registerCompany", "company"), ("registerCompany", "membership")] == changes[-2:]


async def test_user_without_a_verified_address_registers_nothing_V46(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """The address has to be verified first. Visitors can't register a company either."""
    founder = await person(factory, rules_engine)
    tokens = await sign_in(client, founder.email)
    async with rules_engine.connect() as connection:
        await connection.execute(sa.update(User).values(email_verified_at=None))

    refused = await register(client, tokens["accessToken"])
    anonymous = await send(client, ANONYMOUS, "registerCompany", COMPANY, **INPUT)

    assert {"company": None, "tokens": None, "userErrors": [user_error("FORBIDDEN")]} == refused
    assert {"company": None, "userErrors": [user_error("FORBIDDEN")]} == anonymous


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("legalName", " ", "REQUIRED"),
        ("tradingName", "x" * 201, "TOO_LONG"),
        ("country", "XX", "INVALID_VALUE"),
        ("registrationNumber", "", "REQUIRED"),
        ("registrationNumber", "1" * 65, "TOO_LONG"),
        ("companyType", "CLOUD", "INVALID_VALUE"),
    ],
)
async def test_invalid_company_is_refused_and_nothing_is_stored_R409_R413_A42(
    client: Client, rules_engine: AsyncEngine, name: str, value: str, code: str
) -> None:
    """Each invalid field has its error. A type that needs a distribution agreement can't be chosen."""
    token = await newcomer(client, rules_engine)
    before = await stored_rows(rules_engine)

    refused = await register(client, token, **{name: value})

    assert [user_error(code, name)] == refused["userErrors"]
    assert before == await stored_rows(rules_engine)


async def test_duplicates_are_not_reported_at_registration_V46(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A verified company with the same registration number and country isn't mentioned: the reviewer finds it."""
    await factory.company(registration_number="HRB 12345", country="DE")

    assert [] == (await register(client, await newcomer(client, rules_engine)))["userErrors"]


async def test_user_has_at_most_five_unverified_companies_V46(client: Client, rules_engine: AsyncEngine) -> None:
    """The sixth registration is refused, so that nobody fills the market with companies."""
    token = await newcomer(client, rules_engine)

    answers = [await register(client, token) for _ in range(6)]

    assert [[]] * 5 + [[user_error("TOO_MANY")]] == [answer["userErrors"] for answer in answers]


async def test_company_registered_with_its_certificate_is_submitted_at_once_R409_V46_V64(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A user without a company uploads it for itself. It belongs to the new company from then on, and the reviewers are notified."""
    operator = await factory.operator()
    token = await newcomer(client, rules_engine)
    uploaded = await client.http.post(
        "/files", params={"purpose": "CERTIFICATE"}, content=certificate(), headers={"Authorization": f"Bearer {token}"}
    )
    document = uploaded.json()["id"]
    fields = "company { verificationStatus registrationCertificate { mediaType } }"

    answer = await mutate(client, token, "registerCompany", fields, **INPUT, certificateId=document)
    again = await mutate(client, token, "registerCompany", fields, **INPUT, certificateId=document)

    certified = {"verificationStatus": "PENDING", "registrationCertificate": {"mediaType": "application/pdf"}}
    assert {"company": certified, "userErrors": []} == answer
    assert {"company": None, "userErrors": [user_error("NOT_FOUND", "certificateId")]} == again
    mails = await queued_mails(rules_engine)
    assert [("COMPANY_SUBMITTED", operator.admin)] == [mail[:2] for mail in mails if mail[0] != "EMAIL_VERIFICATION"]
