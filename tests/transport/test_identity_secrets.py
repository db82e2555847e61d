"""Passwords and tokens of sessions stay secret: in logs, recordings, audit events and stored rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import AuditEvent, Mail
from models.mail import MailStatus
from resolvers.notifying.outbox import MailRejected, Outgoing, deliver
from resolvers.scheduled_jobs import SCHEDULED_JOBS
from tests.client import Client, open_client
from tests.factory import Factory
from tests.rules.identity import (
    OTHER_PASSWORD,
    PASSWORD,
    TOKENS,
    ask,
    code_in_mail,
    give_password,
    mails_to,
    mutate,
    refresh,
    sign_in,
)
from tests.rules.mutations import send, stored_rows, user_error
from transport.authentication.keys import rotate

EMAIL: Final = "ada@newcomer.example"
TOO_MANY: Final = [user_error("TOO_MANY")]


async def live(client: Client, engine: AsyncEngine) -> list[str]:
    """Sign up, sign in, refresh, and change and reset a password. Return all secrets that the user had."""
    await send(client, None, "signUp", "sent", email=EMAIL)
    first_code = await code_in_mail(engine, EMAIL)
    user = {"token": first_code, "password": PASSWORD, "name": "Ada Byron", "jobTitle": "Analyst"}
    first = (await send(client, None, "completeSignUp", TOKENS, key="key-1", **user))["tokens"]
    signed_in = await sign_in(client, EMAIL)
    second = (await refresh(client, signed_in["refreshToken"], key="key-2"))["tokens"]
    await mutate(client, second["accessToken"], "changePassword", "changed", current=PASSWORD, new=OTHER_PASSWORD)
    await mutate(client, second["accessToken"], "changePassword", "changed", current=PASSWORD, new=OTHER_PASSWORD)
    await send(client, None, "requestPasswordReset", "sent", email=EMAIL)
    second_code = await code_in_mail(engine, EMAIL)
    reset = await send(client, None, "resetPassword", TOKENS, token=second_code, password=PASSWORD, cookie=True)
    await refresh(client, first["refreshToken"])
    await ask(client, f"{reset['tokens']['accessToken']}x", "{ viewer { user { id } } }")
    tokens = [each[name] for each in (first, signed_in, second, reset["tokens"]) for name in ("accessToken", "refreshToken")]
    return [PASSWORD, OTHER_PASSWORD, first_code, second_code, *filter(None, tokens)]


async def test_secrets_are_neither_logged_nor_recorded_V42(
    database_url: str, engine: AsyncEngine, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nor are they in audit events or stored with idempotency keys. Logs and recordings aren't empty."""
    recording = tmp_path / "recording.jsonl"
    async with open_client(database_url, tmp_path, log_level="DEBUG", record_operations=recording) as client:
        client.compares = False
        secrets = await live(client, engine)
        await ask(client, None, "query visited { viewer { user { id } } }")
        await client.app.state.services.audit.flush()
    logged, written = capfd.readouterr().err, recording.read_text("utf-8")
    async with engine.connect() as connection:
        audited = str((await connection.execute(sa.select(AuditEvent.__table__))).all())
        remembered = str((await connection.execute(sa.text("SELECT * FROM idempotent_request"))).all())

    assert ['"path":"/graphql"' in logged, "visited" in written] == [True, True]
    assert [] == [place for place in (logged, written, audited, remembered) for secret in secrets if secret in place]


async def test_only_the_outbox_has_tokens_in_clear_V42(database_url: str, engine: AsyncEngine, tmp_path: Path) -> None:
    """No table has a password or a token. The outbox has the codes until it has sent them."""
    async with open_client(database_url, tmp_path) as client:
        secrets = await live(client, engine)

    rows = await stored_rows(engine)

    assert {"mail"} == {name for name, stored in rows.items() for secret in secrets if secret in str(stored)}


async def _latest_mail(engine: AsyncEngine) -> Any:
    async with engine.connect() as connection:
        return (await connection.execute(sa.select(Mail.id, Mail.body).order_by(Mail.id.desc()).limit(1))).one()


async def _accept(_mail: Outgoing) -> None:
    """A mail server that accepts every email."""


async def _reject(_mail: Outgoing) -> None:
    """A mail server that accepts no email."""
    raise MailRejected("550")


@pytest.mark.parametrize(
    ("send_mail", "status"), [(_accept, MailStatus.SENT), (_reject, MailStatus.FAILED), (None, MailStatus.KEPT)]
)
async def test_body_with_a_code_is_erased_once_it_is_sent_V42(
    database_url: str, engine: AsyncEngine, tmp_path: Path, send_mail: Any, status: MailStatus
) -> None:
    """It's also erased if it can't be sent. In development it's kept, so that people can read it."""
    async with open_client(database_url, tmp_path) as client:
        await send(client, None, "signUp", "sent", email=EMAIL)
    key, body = await _latest_mail(engine)

    assert status == await deliver(engine, send_mail, key)
    assert (body if status == MailStatus.KEPT else "") == (await _latest_mail(engine)).body


async def test_two_gateways_share_the_limits_V43(database_url: str, engine: AsyncEngine, tmp_path: Path) -> None:
    """Attempts at one gateway count at the other, and sessions of one are good at the other."""
    company = await Factory(engine).company()
    await give_password(engine, company.admin)
    async with open_client(database_url, tmp_path) as one, open_client(database_url, tmp_path) as other:
        tokens = await sign_in(one, company.admin)
        refreshed = (await refresh(other, tokens["refreshToken"]))["tokens"]
        for client in (one, other) * 5:
            await send(client, None, "signIn", TOKENS, email=company.admin, password=OTHER_PASSWORD)
        answers = [await send(each, None, "signIn", TOKENS, email=company.admin, password=PASSWORD) for each in (one, other)]
        status, _ = await ask(one, refreshed["accessToken"], "{ viewer { user { id } } }")

    assert [TOO_MANY, TOO_MANY, 200] == [*(answer["userErrors"] for answer in answers), status]


async def test_a_new_signing_key_keeps_sessions_V44(database_url: str, engine: AsyncEngine, tmp_path: Path) -> None:
    """A refresh token that the retired key has signed gets a successor of the new one."""
    company = await Factory(engine).company()
    await give_password(engine, company.admin)
    async with open_client(database_url, tmp_path) as client:
        tokens = await sign_in(client, company.admin)
    rotate(tmp_path / "signing-key.pem", 3600)
    async with open_client(database_url, tmp_path) as client:
        refreshed = await refresh(client, tokens["refreshToken"])
        again = await refresh(client, tokens["refreshToken"])

    assert [[], refreshed["tokens"]["refreshToken"]] == [refreshed["userErrors"], again["tokens"]["refreshToken"]]


async def test_scheduled_jobs_forget_what_is_over_V44(database_url: str, engine: AsyncEngine, tmp_path: Path) -> None:
    """Ended sessions, expired codes and old attempts are deleted; current ones stay."""
    company = await Factory(engine).company()
    await give_password(engine, company.admin)
    async with open_client(database_url, tmp_path) as client:
        for months in (2, 0):
            await sign_in(client, company.admin)
            await send(client, None, "signUp", "sent", email=EMAIL)
            await send(client, None, "signIn", TOKENS, email=EMAIL, password=PASSWORD)
            async with engine.connect() as connection:
                for column in ("session.last_used_at", "email_token.expires_at", "sign_in_attempt.created_at"):
                    table, name = column.split(".")
                    older = sa.text(f"UPDATE {table} SET {name} = {name} - make_interval(months => :months)")
                    await connection.execute(older, {"months": months})

    for job in SCHEDULED_JOBS:
        await job.run(engine, "http://gateway")

    rows = await stored_rows(engine)
    assert [1, 1, 1] == [len(rows[table]) for table in ("session", "email_token", "sign_in_attempt")]
    assert 2 == len(await mails_to(engine, EMAIL))


async def test_cookie_of_a_secure_gateway_has_a_secure_name_V44(database_url: str, engine: AsyncEngine, tmp_path: Path) -> None:
    """Browsers take it over https only. It refreshes the session, and the other name doesn't."""
    company = await Factory(engine).company()
    await give_password(engine, company.admin)
    sign_in_with = "mutation ($input: SignInInput!) { signIn(input: $input) { userErrors { code } } }"
    again = "mutation { refreshTokens(input: {}) { userErrors { code } } }"
    values = {"input": {"email": company.admin, "password": PASSWORD, "cookie": True}}
    async with open_client(database_url, tmp_path, public_url="https://gateway.example") as client:
        response = await client.http.post("/graphql", json={"query": sign_in_with, "variables": values})
        name, value = response.headers["Set-Cookie"].partition(";")[0].split("=")
        client.http.cookies.clear()
        answers = [
            await client.http.post("/graphql/refresh", json={"query": again}, headers={"Cookie": f"{each}={value}"})
            for each in ("crossgate_refresh", name)
        ]

    assert "__Secure-crossgate_refresh" == name
    codes = [answer.json()["data"]["refreshTokens"]["userErrors"] for answer in answers]
    assert [[{"code": "INVALID_REFRESH_TOKEN"}], []] == codes
