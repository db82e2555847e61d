"""Sessions: signing in, access tokens, refresh tokens, and how sessions end."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Membership, Session, User
from models.base import now
from tests.client import Client
from tests.event_streams import Closed, opened
from tests.factory import Factory
from tests.rules.identity import OTHER_PASSWORD, PASSWORD, TOKENS, ask, mails_to, mutate, person, refresh, sign_in
from tests.rules.mutations import executed_statements, send, stored_rows, user_error

WHO: Final = "{ viewer { user { email } company { id } session { current } } }"
SESSIONS: Final = "{ viewer { session { id } sessions { id createdAt lastUsedAt userAgent current } } }"
REFUSED: Final = {"tokens": None, "userErrors": [user_error("INVALID_REFRESH_TOKEN")]}
WRONG: Final = {"tokens": None, "userErrors": [user_error("INVALID_CREDENTIALS")]}


async def age(engine: AsyncEngine, **times: timedelta) -> None:
    """Move times of all sessions into the past."""
    values = {name: getattr(Session, name) - by for name, by in times.items()}
    async with engine.connect() as connection:
        await connection.execute(sa.update(Session).values(values))


async def test_sign_in_returns_tokens_of_15_minutes_V44(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """The access token speaks for the company that the user joined first."""
    user = await person(factory, rules_engine)
    before = now()

    tokens = await sign_in(client, user.email.upper())

    lifetime = datetime.fromisoformat(tokens["expiresAt"]) - before
    status, data = await ask(client, tokens["accessToken"], WHO)
    expected = {"user": {"email": user.email}, "company": {"id": user.company.id}, "session": {"current": True}}
    assert (200, {"viewer": expected}) == (status, data)
    assert timedelta(minutes=14, seconds=59) < lifetime < timedelta(minutes=16)


@pytest.mark.parametrize("case", ["unknown", "wrong", "without password", "unclaimed"])
async def test_failed_sign_ins_are_alike_V42(client: Client, factory: Factory, rules_engine: AsyncEngine, case: str) -> None:
    """An unknown address, a wrong password and an account without a password get the same answer, and no session."""
    user = await person(factory, rules_engine)
    email = {"unknown": "nobody@sample.example", "wrong": user.email}.get(case)
    if email is None:
        other = await factory.company()
        email = other.admin
    password = OTHER_PASSWORD if case == "wrong" else PASSWORD

    answer = await send(client, None, "signIn", TOKENS, email=email, password=password)

    assert WRONG == answer
    assert [] == (await stored_rows(rules_engine))["session"]


async def test_failed_sign_ins_run_the_same_statements_V42(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """An unknown address costs as many statements as a wrong password."""
    user, engine = await person(factory, rules_engine), client.app.state.services.engine

    with executed_statements(engine) as for_unknown:
        await send(client, None, "signIn", TOKENS, email="nobody@sample.example", password=OTHER_PASSWORD)
    with executed_statements(engine) as for_wrong:
        await send(client, None, "signIn", TOKENS, email=user.email, password=OTHER_PASSWORD)

    assert for_unknown == for_wrong != []


@pytest.mark.parametrize("password", ["", "x" * 129, "x" * 20_000, "\u202e" * 15, "\0" * 15], ids=range(5))
async def test_hostile_passwords_are_wrong_V43(
    client: Client, factory: Factory, rules_engine: AsyncEngine, password: str
) -> None:
    """Whatever is sent as a password is compared, and is wrong."""
    user = await person(factory, rules_engine)

    assert WRONG == await send(client, None, "signIn", TOKENS, email=user.email, password=password)


async def test_refresh_token_is_good_once_V44(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Each refresh returns the next token of the same session."""
    tokens = await sign_in(client, (await person(factory, rules_engine)).email)

    first = (await refresh(client, tokens["refreshToken"]))["tokens"]
    second = (await refresh(client, first["refreshToken"]))["tokens"]

    status, data = await ask(client, second["accessToken"], SESSIONS)
    assert len({each["refreshToken"] for each in (tokens, first, second)}) == 3
    assert (200, 1) == (status, len(data["viewer"]["sessions"]))


async def test_fifty_tabs_get_the_same_successor_V44(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Concurrent uses of one refresh token within 30 seconds return the same next one, and nobody is signed out."""
    tokens = await sign_in(client, (await person(factory, rules_engine)).email)

    answers = await asyncio.gather(*(refresh(client, tokens["refreshToken"]) for _ in range(50)))

    successors = {answer["tokens"]["refreshToken"] for answer in answers}
    assert [1, []] == [len(successors), [each for answer in answers for each in answer["userErrors"]]]
    assert [] == (await refresh(client, successors.pop()))["userErrors"]


async def test_older_refresh_token_ends_the_session_V44(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Neither the thief nor the owner can go on, and the owner gets a security email (R119)."""
    user = await person(factory, rules_engine)
    tokens = await sign_in(client, user.email)
    first = (await refresh(client, tokens["refreshToken"]))["tokens"]
    second = (await refresh(client, first["refreshToken"]))["tokens"]

    replayed = await refresh(client, tokens["refreshToken"])

    assert [REFUSED, REFUSED] == [replayed, await refresh(client, second["refreshToken"])]
    assert (401, None) == await ask(client, second["accessToken"], WHO)
    assert ["Security: A session was ended"] == [mail.split("\n")[0] for mail in await mails_to(rules_engine, user.email)]


async def test_repetition_after_30_seconds_ends_the_session_V44(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """The previous token is stolen if it comes later than a second tab would send it."""
    user = await person(factory, rules_engine)
    tokens = await sign_in(client, user.email)
    successor = (await refresh(client, tokens["refreshToken"]))["tokens"]
    await age(rules_engine, refreshed_at=timedelta(seconds=31))

    assert REFUSED == await refresh(client, tokens["refreshToken"])
    assert REFUSED == await refresh(client, successor["refreshToken"])
    assert 1 == len(await mails_to(rules_engine, user.email))


async def test_session_ends_30_days_after_its_last_use_V44(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """A day before that it can still be refreshed, and then lasts for 30 more days."""
    tokens = await sign_in(client, (await person(factory, rules_engine)).email)
    await age(rules_engine, last_used_at=timedelta(days=29), created_at=timedelta(days=29))

    used = (await refresh(client, tokens["refreshToken"]))["tokens"]
    await age(rules_engine, last_used_at=timedelta(days=30, seconds=1))

    assert REFUSED == await refresh(client, used["refreshToken"])


@pytest.mark.parametrize("token", ["", "cgr_", "cgr_AAAA", "cgr_" + "A" * 75, "é" * 80, "cgr_" + "!" * 75, "x" * 20_000])
async def test_forged_refresh_tokens_are_refused_V44(
    client: Client, factory: Factory, rules_engine: AsyncEngine, token: str
) -> None:
    """A token without the gateway's MAC is refused, and changes nothing."""
    await sign_in(client, (await person(factory, rules_engine)).email)
    before = await stored_rows(rules_engine)

    assert REFUSED == await refresh(client, token)
    assert before == await stored_rows(rules_engine)


async def test_each_token_works_for_its_own_purpose_V44(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """A refresh token authorizes no request, and an access token refreshes nothing."""
    tokens = await sign_in(client, (await person(factory, rules_engine)).email)

    assert (401, None) == await ask(client, tokens["refreshToken"], WHO)
    assert REFUSED == await refresh(client, tokens["accessToken"])
    assert 200 == (await ask(client, tokens["accessToken"], WHO))[0]


async def test_every_changed_character_breaks_a_refresh_token_V44(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """The MAC covers the whole token."""
    token = (await sign_in(client, (await person(factory, rules_engine)).email))["refreshToken"]
    changed = [f"{token[:place]}{'A' if token[place] != 'A' else 'B'}{token[place + 1 :]}" for place in range(0, len(token), 7)]

    assert [REFUSED] * len(changed) == [await refresh(client, each) for each in changed]


async def test_sign_out_ends_the_session_with_the_next_request_V59(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Its access token and its refresh token are refused. Another session of the user goes on."""
    user = await person(factory, rules_engine)
    tokens, other = await sign_in(client, user.email), await sign_in(client, user.email)

    answer = await mutate(client, tokens["accessToken"], "signOut", "signedOut")

    assert {"signedOut": True, "userErrors": []} == answer
    assert (401, None) == await ask(client, tokens["accessToken"], WHO)
    assert REFUSED == await refresh(client, tokens["refreshToken"])
    assert 200 == (await ask(client, other["accessToken"], WHO))[0]


async def test_signing_in_again_replaces_the_session_of_the_request_V44(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A user who sends its access token along has one session afterwards, with new tokens."""
    user = await person(factory, rules_engine)
    tokens = await sign_in(client, user.email)

    again = await mutate(client, tokens["accessToken"], "signIn", TOKENS, email=user.email, password=PASSWORD)

    assert [401, 200] == [(await ask(client, each["accessToken"], WHO))[0] for each in (tokens, again["tokens"])]
    assert REFUSED == await refresh(client, tokens["refreshToken"])


async def test_sign_out_everywhere_ends_all_sessions_V44(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Sessions of other users go on."""
    user, stranger = await person(factory, rules_engine), await person(factory, rules_engine)
    tokens = [await sign_in(client, user.email) for _ in range(3)]
    others = await sign_in(client, stranger.email)

    await mutate(client, tokens[0]["accessToken"], "signOut", "signedOut", everywhere=True)

    assert [401] * 3 == [(await ask(client, each["accessToken"], WHO))[0] for each in tokens]
    assert 200 == (await ask(client, others["accessToken"], WHO))[0]


async def test_visitors_have_no_session_to_end_V44(client: Client) -> None:
    """The input can be left out."""
    status, data = await ask(client, None, "mutation { signOut { signedOut userErrors { code } } }")

    assert (200, {"signOut": {"signedOut": False, "userErrors": []}}) == (status, data)


async def test_revoked_session_ends_with_the_next_request_V59(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A user lists its sessions and ends one of them."""
    user = await person(factory, rules_engine)
    tokens, other = await sign_in(client, user.email), await sign_in(client, user.email)
    _, data = await ask(client, tokens["accessToken"], SESSIONS)
    (ended,) = [each["id"] for each in data["viewer"]["sessions"] if not each["current"]]

    answer = await mutate(client, tokens["accessToken"], "revokeSession", "session { id current }", id=ended)

    assert {"session": {"id": ended, "current": False}, "userErrors": []} == answer
    assert [200, 401] == [(await ask(client, each["accessToken"], WHO))[0] for each in (tokens, other)]


async def test_sessions_of_others_are_absent_V44(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Not even the account administrator of the company can see or end a member's session."""
    user = await person(factory, rules_engine)
    member = await factory.user(user.company, "VIEWER")
    tokens = await sign_in(client, user.email)
    _, data = await ask(client, tokens["accessToken"], SESSIONS)
    key = data["viewer"]["session"]["id"]
    before = await stored_rows(rules_engine)

    listed = await client(member.email, "{ viewer { session { id } sessions { id } } }")
    answers = [
        await send(client, viewer, "revokeSession", "session { id }", id=key)
        for viewer in (member.email, (await factory.support()).email, None)
    ]

    assert {"viewer": {"session": None, "sessions": []}} == listed.data
    assert [{"session": None, "userErrors": [user_error("NOT_FOUND", "id")]}] * 3 == answers
    assert before["session"] == (await stored_rows(rules_engine))["session"]


async def test_session_shows_where_it_is_V44(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """It has the program's own description, cut to a length, and its times."""
    user = await person(factory, rules_engine)
    query = "mutation ($input: SignInInput!) { signIn(input: $input) { tokens { accessToken } } }"
    values = {"input": {"email": user.email, "password": PASSWORD}}
    answer = await client.send(None, query, values, **{"User-Agent": "Browser/1.0 " + "x" * 500})

    _, data = await ask(client, answer.data["signIn"]["tokens"]["accessToken"], SESSIONS)

    (session,) = data["viewer"]["sessions"]
    assert ("Browser/1.0 " + "x" * 500)[:200] == session["userAgent"]
    assert session["createdAt"][:19] == session["lastUsedAt"][:19]


async def test_ended_session_ends_its_sockets_V59(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """A socket closes as soon as its session ends, without waiting for an event."""
    user = await person(factory, rules_engine)
    tokens = await sign_in(client, user.email)
    async with opened(client.app) as socket:
        await socket.send({"type": "connection_init", "payload": {"Authorization": f"Bearer {tokens['accessToken']}"}})
        await socket.receive()
        await mutate(client, tokens["accessToken"], "signOut", "signedOut")

        with pytest.raises(Closed) as closed:
            await socket.receive()

    assert 4403 == closed.value.code


async def test_removed_member_keeps_its_session_without_the_company_V45(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """The access token is refused. The refreshed one speaks for the user alone, until it joins another company."""
    user = await person(factory, rules_engine)
    tokens = await sign_in(client, user.email)
    async with rules_engine.connect() as connection:
        await connection.execute(sa.delete(Membership))

    refused = await ask(client, tokens["accessToken"], WHO)
    tokens = (await refresh(client, tokens["refreshToken"]))["tokens"]
    _, alone = await ask(client, tokens["accessToken"], WHO)

    assert (401, None) == refused
    assert {"viewer": {"user": {"email": user.email}, "company": None, "session": {"current": True}}} == alone


async def test_deleted_user_has_no_session_V59(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Its tokens are refused, and its sessions are deleted with it."""
    user = await person(factory, rules_engine)
    tokens = await sign_in(client, user.email)
    async with rules_engine.connect() as connection:
        await connection.execute(sa.delete(Membership))
        await connection.execute(sa.delete(User))

    assert (401, None) == await ask(client, tokens["accessToken"], WHO)
    assert REFUSED == await refresh(client, tokens["refreshToken"])
    assert [] == (await stored_rows(rules_engine))["session"]


async def test_session_costs_no_statement_of_its_own_V44(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """A request with a session's token runs as many statements as one with a token of development."""
    user = await person(factory, rules_engine)
    token = (await sign_in(client, user.email))["accessToken"]
    query = "{ viewer { company { tradingName } } }"
    await client(user.email, query)

    with client.counting() as with_session:
        await ask(client, token, query)
    with client.counting() as without:
        await client(user.email, query)

    assert len(without) == len(with_session) == 2


async def test_token_of_another_users_session_is_refused_V59(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A token names a user, a membership and a session of the same user."""
    user, other = await person(factory, rules_engine), await person(factory, rules_engine)
    await sign_in(client, other.email)
    async with rules_engine.connect() as connection:
        session = await connection.scalar(sa.select(Session.id))
    issue: Any = client.app.state.tokens.issue
    key, membership = user.company.user.key, user.company.user.membership.key

    tokens = [issue(key, each, 60, session, now()) for each in (membership, None)]

    assert [(401, None)] * 2 == [await ask(client, token, WHO) for token in tokens]


async def test_development_token_needs_no_session_V66(client: Client, factory: Factory) -> None:
    """It belongs to no session, and works without one."""
    company = await factory.company()

    answer = await client(company.admin, "{ viewer { user { email } session { id } sessions { id } } }")

    assert {"viewer": {"user": {"email": company.admin}, "session": None, "sessions": []}} == answer.data


async def test_schema_of_visitors_has_what_they_need_to_sign_in_V42(client: Client, factory: Factory) -> None:
    """Mutations of signed-in users aren't in it. A user's schema has them all."""
    query = '{ __type(name: "Mutation") { fields { name } } }'
    open_to_all = {"signUp", "completeSignUp", "signIn", "refreshTokens", "signOut", "requestPasswordReset", "resetPassword"}
    of_users = {"changePassword", "switchCompany", "revokeSession"}
    member = (await factory.company()).admin

    seen = [{each["name"] for each in (await client(viewer, query)).data["__type"]["fields"]} for viewer in (None, member)]

    assert [open_to_all, open_to_all | of_users] == [names & (open_to_all | of_users) for names in seen]
