"""Resetting and changing passwords, and the limits of attempts."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import SignInAttempt, User
from models.sign_in_attempt import MAX_PER_ADDRESS, MAX_PER_PEER
from tests.client import Client
from tests.factory import Factory
from tests.rules.identity import (
    LINK,
    OTHER_PASSWORD,
    PASSWORD,
    TOKENS,
    ask,
    code_in_mail,
    forget_attempts,
    lifetime_of_codes,
    mails_to,
    mutate,
    person,
    refresh,
    sign_in,
)
from tests.rules.mutations import executed_statements, queued_mails, send, stored_rows, user_error

WHO: Final = "{ viewer { user { email } emailVerified } }"
SENT: Final = {"sent": True, "userErrors": []}
WRONG: Final = {"tokens": None, "userErrors": [user_error("INVALID_CREDENTIALS")]}
TOO_MANY: Final = {"tokens": None, "userErrors": [user_error("TOO_MANY")]}
CHANGED: Final = {"changed": True, "userErrors": []}


async def request_reset(client: Client, email: str) -> dict[str, Any]:
    """Ask for an email to choose a new password."""
    return await send(client, None, "requestPasswordReset", "sent", email=email)


async def reset(client: Client, token: str, password: str = OTHER_PASSWORD) -> dict[str, Any]:
    """Choose a new password."""
    return await send(client, None, "resetPassword", TOKENS, token=token, password=password)


async def try_to_sign_in(client: Client, email: str, password: str = OTHER_PASSWORD) -> dict[str, Any]:
    """Try to sign in, by default with a wrong password."""
    return await send(client, None, "signIn", TOKENS, email=email, password=password)


def not_changed(code: str, *field: str) -> dict[str, Any]:
    """Return the payload of a refused change of a password."""
    return {"changed": False, "userErrors": [user_error(code, *field)]}


async def test_reset_by_email_ends_all_sessions_V44(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """The new password is the only one, a new session starts, and the user gets a security email (R119)."""
    user = await person(factory, rules_engine)
    before = [await sign_in(client, user.email) for _ in range(2)]
    requested = await request_reset(client, user.email.upper())
    code = await code_in_mail(rules_engine, user.email)

    answer = await reset(client, code)

    assert SENT == requested
    assert [401, 401] == [(await ask(client, each["accessToken"], WHO))[0] for each in before]
    assert 200 == (await ask(client, answer["tokens"]["accessToken"], WHO))[0]
    assert [WRONG, True] == [
        await try_to_sign_in(client, user.email, PASSWORD),
        bool(await sign_in(client, user.email, OTHER_PASSWORD)),
    ]
    assert ["Choose a new password", "Security: Your password was changed"] == [
        mail.split("\n")[0] for mail in await mails_to(rules_engine, user.email)
    ]


async def test_reset_gives_a_first_password_R401(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """A user of `crossgate user create` has none yet. Its address is verified then."""
    company = await factory.company()
    await request_reset(client, company.admin)

    answer = await reset(client, await code_in_mail(rules_engine, company.admin))

    _, data = await ask(client, answer["tokens"]["accessToken"], WHO)
    assert {"viewer": {"user": {"email": company.admin}, "emailVerified": True}} == data


def _without_ends(statements: list[str]) -> list[str]:
    """Return statements without the ends of savepoints."""
    return [each for each in statements if not each.startswith(("RELEASE", "ROLLBACK TO"))]


async def test_reset_of_known_and_unknown_addresses_is_alike_V42(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """The answer and the statements are the same, but for the end of a savepoint. Only an account gets an email."""
    user = await person(factory, rules_engine)
    engine = client.app.state.services.engine

    with executed_statements(engine) as for_unknown:
        unknown = await request_reset(client, "nobody@sample.example")
    with executed_statements(engine) as for_known:
        known = await request_reset(client, user.email)

    assert [SENT, SENT, _without_ends(for_known)] == [unknown, known, _without_ends(for_unknown)]
    assert [user.email] == [to for _, to, _ in await queued_mails(rules_engine)]


async def test_reset_link_works_once_for_an_hour_V42(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """A code that was used, or has expired, is refused. So are all earlier ones of the address."""
    user = await person(factory, rules_engine)
    await request_reset(client, user.email)
    first = await code_in_mail(rules_engine, user.email)
    await request_reset(client, user.email)
    second = await code_in_mail(rules_engine, user.email)
    lifetime = await lifetime_of_codes(rules_engine)
    await reset(client, second)
    refused = {"tokens": None, "userErrors": [user_error("INVALID_TOKEN", "token")]}

    assert [refused, refused] == [await reset(client, code, PASSWORD) for code in (first, second)]
    assert abs(lifetime - timedelta(hours=1)) < timedelta(seconds=1)


async def test_only_a_code_resets_a_password_V42(client: Client) -> None:
    """No hint and no answer to a question is asked for, and sign-up asks for none."""
    names = ("RequestPasswordResetInput", "ResetPasswordInput", "SignUpInput", "CompleteSignUpInput")
    query = "query ($name: String!) { __type(name: $name) { inputFields { name } } }"

    fields = [{each["name"] for each in (await client(None, query, name=name)).data["__type"]["inputFields"]} for name in names]

    chosen = {"token", "password", "cookie"}
    assert [{"email"}, chosen, {"email"}, chosen | {"name", "jobTitle", "photoId"}] == fields


async def test_codes_of_another_purpose_are_refused_V42(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """A code of a sign-up resets no password."""
    await person(factory, rules_engine)
    await send(client, None, "signUp", "sent", email="new@sample.example")

    answer = await reset(client, await code_in_mail(rules_engine, "new@sample.example"))

    assert {"tokens": None, "userErrors": [user_error("INVALID_TOKEN", "token")]} == answer


async def test_reset_link_leads_to_the_account_pages_V42(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """The link holds the code."""
    user = await person(factory, rules_engine)
    await request_reset(client, user.email)

    (mail,) = await mails_to(rules_engine, user.email)

    account_url = client.app.state.services.account_url
    assert [f"{account_url}/reset?token={await code_in_mail(rules_engine, user.email)}"] == LINK.findall(mail)


@pytest.mark.parametrize(
    ("password", "code"), [("short", "PASSWORD_TOO_SHORT"), ("sample boats row north", "PASSWORD_TOO_PERSONAL")]
)
async def test_new_passwords_follow_the_rules_V43(
    client: Client, factory: Factory, rules_engine: AsyncEngine, password: str, code: str
) -> None:
    """A reset and a change refuse what a sign-up refuses, and the old password stays."""
    user = await person(factory, rules_engine)
    token = (await sign_in(client, user.email))["accessToken"]
    await request_reset(client, user.email)

    by_reset = await reset(client, await code_in_mail(rules_engine, user.email), password)
    by_change = await mutate(client, token, "changePassword", "changed", current=PASSWORD, new=password)

    assert {"tokens": None, "userErrors": [user_error(code, "password")]} == by_reset
    assert not_changed(code, "new") == by_change
    assert await sign_in(client, user.email)


async def test_changed_password_ends_other_sessions_V44(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """The session that changed it goes on, and the user gets a security email (R119)."""
    user = await person(factory, rules_engine)
    tokens, other = await sign_in(client, user.email), await sign_in(client, user.email)

    answer = await mutate(client, tokens["accessToken"], "changePassword", "changed", current=PASSWORD, new=OTHER_PASSWORD)

    assert CHANGED == answer
    assert [200, 401] == [(await ask(client, each["accessToken"], WHO))[0] for each in (tokens, other)]
    assert (await refresh(client, other["refreshToken"]))["tokens"] is None
    assert ["Security: Your password was changed"] == [mail.split("\n")[0] for mail in await mails_to(rules_engine, user.email)]
    assert await sign_in(client, user.email, OTHER_PASSWORD)


async def test_change_needs_the_current_password_V43(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """A wrong one changes nothing, and counts as an attempt."""
    user = await person(factory, rules_engine)
    token = (await sign_in(client, user.email))["accessToken"]
    before = await stored_rows(rules_engine)

    answer = await mutate(client, token, "changePassword", "changed", current=OTHER_PASSWORD, new="ten red cars drive west")

    after = await stored_rows(rules_engine)
    assert not_changed("INVALID_CREDENTIALS", "current") == answer
    assert (before["app_user"], 1) == (after["app_user"], len(after["sign_in_attempt"]))


async def test_visitors_cannot_change_a_password_V44(client: Client) -> None:
    """They have none."""
    answer = await send(client, None, "changePassword", "changed", current=PASSWORD, new=OTHER_PASSWORD)

    assert not_changed("FORBIDDEN") == answer


async def test_eleventh_attempt_for_an_address_waits_V43(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """After ten wrong passwords even the right one waits, however the address is written. Other addresses don't."""
    user, other = await person(factory, rules_engine), await person(factory, rules_engine)
    attempts = [await try_to_sign_in(client, user.email.upper()) for _ in range(MAX_PER_ADDRESS)]

    right = await try_to_sign_in(client, user.email, PASSWORD)

    assert [WRONG] * MAX_PER_ADDRESS == attempts
    assert TOO_MANY == right
    assert await sign_in(client, other.email)


async def test_unknown_addresses_wait_too_V42(client: Client) -> None:
    """The limit doesn't tell whether an address has an account."""
    attempts = [await try_to_sign_in(client, "nobody@sample.example") for _ in range(MAX_PER_ADDRESS + 1)]

    assert [*[WRONG] * MAX_PER_ADDRESS, TOO_MANY] == attempts


async def test_waiting_ends_after_15_minutes_V43(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Older attempts don't count."""
    user = await person(factory, rules_engine)
    for _ in range(MAX_PER_ADDRESS):
        await try_to_sign_in(client, user.email)
    async with rules_engine.connect() as connection:
        earlier = SignInAttempt.created_at - timedelta(minutes=15)
        await connection.execute(sa.update(SignInAttempt).values(created_at=earlier))

    assert await sign_in(client, user.email)


async def test_right_passwords_do_not_count_V43(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """A user can sign in as often as it likes."""
    user = await person(factory, rules_engine)

    assert all([await sign_in(client, user.email) for _ in range(MAX_PER_ADDRESS + 2)])
    assert [] == (await stored_rows(rules_engine))["sign_in_attempt"]


async def test_attempts_from_a_network_address_are_limited_V43(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Whoever tries many addresses waits after thirty."""
    user = await person(factory, rules_engine)
    attempts = [await try_to_sign_in(client, f"user{index}@other.example") for index in range(MAX_PER_PEER)]

    assert [WRONG] * MAX_PER_PEER == attempts
    assert TOO_MANY == await try_to_sign_in(client, user.email, PASSWORD)
    await forget_attempts(rules_engine)


async def test_attempts_at_the_same_time_do_not_exceed_the_limit_V43(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Each is counted before its password is compared."""
    user = await person(factory, rules_engine)

    attempts = await asyncio.gather(*(try_to_sign_in(client, user.email) for _ in range(MAX_PER_ADDRESS + 5)))

    assert [MAX_PER_ADDRESS, 5] == [attempts.count(WRONG), attempts.count(TOO_MANY)]


async def test_waiting_does_not_lock_the_owner_out_V43(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """While others guess its password, the user's session goes on, and a code from an email signs it in."""
    user = await person(factory, rules_engine)
    tokens = await sign_in(client, user.email)
    for _ in range(MAX_PER_ADDRESS):
        await try_to_sign_in(client, user.email)
    await request_reset(client, user.email)

    waiting = await try_to_sign_in(client, user.email, PASSWORD)
    refreshed = (await refresh(client, tokens["refreshToken"]))["tokens"]
    went_on = (await ask(client, refreshed["accessToken"], WHO))[0]
    answer = await reset(client, await code_in_mail(rules_engine, user.email))

    assert [TOO_MANY, 200, []] == [waiting, went_on, answer["userErrors"]]
    assert 200 == (await ask(client, answer["tokens"]["accessToken"], WHO))[0]


async def test_password_does_not_expire_V43(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Ten years later it still signs in."""
    user = await person(factory, rules_engine)
    times = [column for column in User.__table__.columns if isinstance(column.type, sa.DateTime)]
    async with rules_engine.connect() as connection:
        await connection.execute(sa.update(User).values({column: column - timedelta(days=3650) for column in times}))

    assert "email_verified_at" in {column.name for column in times}
    assert await sign_in(client, user.email)
