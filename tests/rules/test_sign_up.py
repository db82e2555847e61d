"""Signing up: the email, the code in it, and the first session of a user without a company."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import User
from models.email_token import MAX_PER_ADDRESS
from resolvers.identity.email_tokens import hash_of
from tests.client import Client
from tests.factory import Factory
from tests.rules.identity import (
    LINK,
    PASSWORD,
    TOKENS,
    ask,
    code_in_mail,
    expire_codes,
    lifetime_of_codes,
    mails_to,
    mutate,
    person,
    sign_in,
)
from tests.rules.mutations import executed_statements, queued_mails, send, stored_rows, user_error

EMAIL: Final = "Ada.Byron@newcomer.example"
VIEWER: Final = "{ viewer { user { email name jobTitle } company { id } roles emailVerified memberships { id } } }"
SENT: Final = {"sent": True, "userErrors": []}


async def sign_up(client: Client, email: str = EMAIL) -> dict[str, Any]:
    """Ask for an email to sign up."""
    return await send(client, None, "signUp", "sent", email=email)


async def complete(client: Client, token: str, **values: Any) -> dict[str, Any]:
    """Complete a sign-up, with values that are right unless others are given."""
    given_values = {"password": PASSWORD, "name": "Ada Byron", "jobTitle": "Analyst", **values}
    return await send(client, None, "completeSignUp", TOKENS, token=token, **given_values)


def refused(code: str, field: str) -> dict[str, Any]:
    """Return the payload of a refused mutation that returns tokens."""
    return {"tokens": None, "userErrors": [user_error(code, field)]}


async def test_sign_up_by_email_R401_R402_R406(client: Client, rules_engine: AsyncEngine) -> None:
    """The code in the email verifies the address. A name, a job title and a password complete the sign-up."""
    assert SENT == await sign_up(client)
    answer = await complete(client, await code_in_mail(rules_engine, EMAIL))

    status, data = await ask(client, answer["tokens"]["accessToken"], VIEWER)
    user = {"email": EMAIL, "name": "Ada Byron", "jobTitle": "Analyst"}
    expected: dict[str, Any] = {"user": user, "company": None, "roles": [], "emailVerified": True, "memberships": []}
    assert (200, {"viewer": expected}) == (status, data)
    assert await sign_in(client, EMAIL.lower())


async def test_mail_has_a_link_and_a_code_R401(client: Client, rules_engine: AsyncEngine) -> None:
    """Both hold the same token. The link leads to the account pages."""
    await sign_up(client)

    (mail,), code = await mails_to(rules_engine, EMAIL), await code_in_mail(rules_engine, EMAIL)

    account_url = client.app.state.services.account_url
    assert [f"{account_url}/sign-up?token={code}"] == LINK.findall(mail)
    assert "EMAIL_VERIFICATION" == (await queued_mails(rules_engine))[0][0]


async def test_code_is_read_as_people_type_it_V42(client: Client, rules_engine: AsyncEngine) -> None:
    """Case, hyphens and blanks don't matter."""
    await sign_up(client)
    code = await code_in_mail(rules_engine, EMAIL)

    answer = await complete(client, f" {code.lower().replace('-', ' ')} ")

    assert [] == answer["userErrors"]


async def test_known_and_unknown_addresses_are_alike_V42(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """The answer and the statements are the same. Only the email says that there is an account."""
    user = await person(factory, rules_engine)
    engine = client.app.state.services.engine

    with executed_statements(engine) as for_unknown:
        unknown = await sign_up(client)
    with executed_statements(engine) as for_known:
        known = await sign_up(client, user.email.upper())

    assert [SENT, SENT, for_unknown] == [unknown, known, for_known]
    (mail,) = [body for _, to, body in await queued_mails(rules_engine) if to.lower() == user.email]
    account_url = client.app.state.services.account_url
    assert [f"{account_url}/sign-in", f"{account_url}/reset"] == LINK.findall(mail)


async def test_token_of_a_known_address_is_never_sent_V42(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """The email to the owner of an account has no code."""
    user = await person(factory, rules_engine)

    await sign_up(client, user.email)

    assert ["code"] == ["code" for mail in await mails_to(rules_engine, user.email) if "code" not in mail]


async def test_code_works_once_V42(client: Client, rules_engine: AsyncEngine) -> None:
    """A second use is refused, and creates no user."""
    await sign_up(client)
    code = await code_in_mail(rules_engine, EMAIL)
    await complete(client, code)

    assert refused("INVALID_TOKEN", "token") == await complete(client, code)


async def test_concurrent_uses_of_a_code_create_one_user_V42(client: Client, rules_engine: AsyncEngine) -> None:
    """One of them wins."""
    await sign_up(client)
    code = await code_in_mail(rules_engine, EMAIL)

    answers = await asyncio.gather(*(complete(client, code) for _ in range(5)))

    assert 1 == len([answer for answer in answers if answer["tokens"]])
    assert 1 == len((await stored_rows(rules_engine))["app_user"])


async def test_code_expires_after_24_hours_V42(client: Client, rules_engine: AsyncEngine) -> None:
    """Until then it works."""
    await sign_up(client)
    code = await code_in_mail(rules_engine, EMAIL)
    lifetime = await lifetime_of_codes(rules_engine)
    await expire_codes(rules_engine)

    assert refused("INVALID_TOKEN", "token") == await complete(client, code)
    assert abs(lifetime - timedelta(hours=24)) < timedelta(seconds=1)


async def test_tokens_are_stored_hashed_V42(client: Client, rules_engine: AsyncEngine) -> None:
    """No table but the outbox has the code, and the outbox loses it once the email is sent."""
    await sign_up(client)
    code = await code_in_mail(rules_engine, EMAIL)

    rows = await stored_rows(rules_engine)

    holding = [name for name, stored in rows.items() if code in str(stored) or code.replace("-", "") in str(stored)]
    assert ["mail"] == holding
    assert hash_of(code) in str(rows["email_token"])


@pytest.mark.parametrize("token", ["", "K7Q2-9XMD-AAAA-BBBB-CCCC", "x" * 5_000, "\u0130" * 20, "-" * 20])
async def test_wrong_codes_are_refused_V42(client: Client, token: str) -> None:
    """A malformed code and an unknown one get the same answer."""
    await sign_up(client)

    assert refused("INVALID_TOKEN", "token") == await complete(client, token)


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"password": "x9$kLm2pQ7vR4t"}, "PASSWORD_TOO_SHORT", "password"),
        ({"password": "green boats " * 11}, "PASSWORD_TOO_LONG", "password"),
        ({"password": "passwordpassword"}, "PASSWORD_TOO_COMMON", "password"),
        ({"password": "123456789012345"}, "PASSWORD_TOO_COMMON", "password"),
        ({"password": "aaaaaaaaaaaaaaaaaaaa"}, "PASSWORD_TOO_COMMON", "password"),
        ({"password": "seven green BYRON row"}, "PASSWORD_TOO_PERSONAL", "password"),
        ({"password": "seven Newcomer boats"}, "PASSWORD_TOO_PERSONAL", "password"),
        ({"password": "seven green \0 boats row"}, "INVALID_TEXT", "password"),
        ({"name": " "}, "REQUIRED", "name"),
        ({"jobTitle": ""}, "REQUIRED", "jobTitle"),
        ({"name": "x" * 201}, "TOO_LONG", "name"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_bad_input_of_a_sign_up_is_refused_V43(
    client: Client, rules_engine: AsyncEngine, values: dict[str, str], code: str, field: str
) -> None:
    """Each rule has its own code. The code of the email still works afterwards."""
    await sign_up(client)
    token = await code_in_mail(rules_engine, EMAIL)

    assert refused(code, field) == await complete(client, token, **values)
    assert [] == (await complete(client, token))["userErrors"]


@pytest.mark.parametrize("length", [15, 128])
async def test_passwords_of_15_to_128_characters_V43(client: Client, rules_engine: AsyncEngine, length: int) -> None:
    """Both bounds are included."""
    await sign_up(client)
    password = ("xK9 mQ2 vR7 pL4 " * 8)[:length]

    answer = await complete(client, await code_in_mail(rules_engine, EMAIL), password=password)

    assert [] == answer["userErrors"]
    assert await sign_in(client, EMAIL, password)


@pytest.mark.parametrize(
    "password",
    [
        "83920174658291037",
        "qzvkwmxjtphdbgrn",
        "QZVKWMXJTPHDBGRN",
        "?!{}<>&%$;:,._+=~",
        "ёжики гуляют ночью",
        "🦔🌊🚣🧭🍏🎻🪁🧀🌵🦉🛶🪵🧵🥁🏮🐝",
    ],
)
async def test_passwords_of_any_characters_V43(client: Client, rules_engine: AsyncEngine, password: str) -> None:
    """No kind of character is required, and none of those that people type is refused."""
    await sign_up(client)

    answer = await complete(client, await code_in_mail(rules_engine, EMAIL), password=password)

    assert [] == answer["userErrors"]
    assert await sign_in(client, EMAIL, password)


async def test_accents_can_be_typed_in_either_form_V43(client: Client, rules_engine: AsyncEngine) -> None:
    """A composed and a decomposed letter are the same password."""
    await sign_up(client)
    await complete(client, await code_in_mail(rules_engine, EMAIL), password="sept bat\u00e9aux v\u00e9loces rament")

    assert await sign_in(client, EMAIL, "sept bate\u0301aux ve\u0301loces rament")


async def test_passwords_are_kept_by_argon2id_V43(client: Client, rules_engine: AsyncEngine) -> None:
    """With 19 MiB and two passes, and nothing of it in the audit log."""
    await sign_up(client)
    await complete(client, await code_in_mail(rules_engine, EMAIL))

    async with rules_engine.connect() as connection:
        stored = await connection.scalar(sa.select(User.password_hash))

    assert stored is not None
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert "argon2" not in str((await stored_rows(rules_engine)).get("audit_event"))


async def test_mails_to_an_address_are_limited_silently_V42(client: Client, rules_engine: AsyncEngine) -> None:
    """Further requests get the same answer, and no email."""
    answers = [await sign_up(client, EMAIL.upper() if index % 2 else EMAIL) for index in range(MAX_PER_ADDRESS + 3)]

    assert [SENT] * len(answers) == answers
    assert MAX_PER_ADDRESS == len(await queued_mails(rules_engine))


@pytest.mark.parametrize("email", ["", "nobody", "a@b", "a\0@sample.example", "x" * 300 + "@sample.example"])
async def test_invalid_addresses_are_refused_R401(client: Client, rules_engine: AsyncEngine, email: str) -> None:
    """Nothing is sent."""
    answer = await sign_up(client, email)

    assert [False, ["email"]] == [answer["sent"], answer["userErrors"][0]["field"]]
    assert [] == await queued_mails(rules_engine)


async def test_address_with_a_new_account_is_taken_V42(client: Client, rules_engine: AsyncEngine) -> None:
    """Who holds the code owns the address, and may know."""
    await sign_up(client)
    first = await code_in_mail(rules_engine, EMAIL)
    async with rules_engine.connect() as connection:
        await connection.execute(sa.insert(User).values(email=EMAIL.lower(), name="Ada"))

    assert refused("TAKEN", "token") == await complete(client, first)


async def test_user_without_a_company_sees_what_visitors_see_V45(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """It sees public profiles without their contact details, and itself."""
    await factory.profile(await factory.company(), visibility="PUBLIC", slug="cloud-ltd")
    await sign_up(client)
    token = (await complete(client, await code_in_mail(rules_engine, EMAIL)))["tokens"]["accessToken"]
    query = """query ($slug: String!) { companies { totalCount } ports { totalCount }
      viewer { can(action: "UPDATE", typeName: "Port") }
      marketplaceProfile(slug: $slug) { companyName contactEmail } }"""

    visitor = await client(None, query, slug="cloud-ltd")
    status, data = await ask(client, token, query, slug="cloud-ltd")

    assert (200, visitor.data) == (status, data)
    assert data["marketplaceProfile"]["contactEmail"] is None


async def test_user_without_a_company_cannot_act_for_one_V45(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """It gets the same errors as a visitor, and nothing changes."""
    company = await factory.company()
    await sign_up(client)
    token = (await complete(client, await code_in_mail(rules_engine, EMAIL)))["tokens"]["accessToken"]
    before = await stored_rows(rules_engine)

    answer = await mutate(
        client, token, "updateCompanyProfile", "company { id }", companyId=company.id, version=1, legalName="Mine"
    )

    assert {"company": None, "userErrors": [user_error("NOT_FOUND", "companyId")]} == answer
    assert before == await stored_rows(rules_engine)
