"""A mutation with an Idempotency-Key is carried out once, however often it is sent."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from pathlib import Path
from string import ascii_letters

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

import server
from models import IdempotentRequest
from models.base import now
from resolvers.writing.idempotency import purge_requests
from settings import Settings
from tests.client import Client
from tests.factory import Factory
from tests.rules.mutations import recorded_changes, send, user_error

MARKET = "billingMarket { id enabled }"
GERMAN = {"market": "DE", "enabled": True}
SET = "mutation ($input: SetBillingMarketInput!) { setBillingMarket(input: $input) { billingMarket { enabled } } }"


@pytest.fixture
def given(engine: AsyncEngine) -> Factory:
    """Makes rows in the database of the test."""
    return Factory(engine)


async def test_repetition_is_answered_and_not_repeated(ask: Client, given: Factory, engine: AsyncEngine) -> None:
    """The second answer is the first one's, read anew; what happened in between stays."""
    company = await given.company()

    first = await send(ask, company.admin, "setBillingMarket", MARKET, **GERMAN, key="k1")
    await send(ask, company.admin, "setBillingMarket", MARKET, market="DE", enabled=False)
    again = await send(ask, company.admin, "setBillingMarket", MARKET, **GERMAN, key="k1")

    assert first["billingMarket"]["id"] == again["billingMarket"]["id"]
    assert ([], True, False) == (again["userErrors"], first["billingMarket"]["enabled"], again["billingMarket"]["enabled"])
    assert 2 == len(await recorded_changes(engine))


async def test_key_is_not_for_another_input(ask: Client, given: Factory) -> None:
    """The same key with another input is refused."""
    company = await given.company()

    await send(ask, company.admin, "setBillingMarket", MARKET, **GERMAN, key="k1")
    other = await send(ask, company.admin, "setBillingMarket", MARKET, market="NL", enabled=True, key="k1")

    assert {"billingMarket": None, "userErrors": [user_error("IDEMPOTENCY_KEY_REUSED")]} == other


async def test_an_alias_of_any_length_has_its_key(ask: Client, given: Factory, engine: AsyncEngine) -> None:
    """What is done under a key is known by the alias too, however long it is: two long ones are two."""
    company = await given.company()
    aliases = ["a" * 60_000, "a" * 59_999 + "b", "a" * 128, "a" * 129]
    field = "setBillingMarket(input: $input) { billingMarket { enabled } userErrors { code } }"
    fields = "\n".join(f"{alias}: {field}" for alias in aliases)
    query = f"mutation ($input: SetBillingMarketInput!) {{ {fields} }}"

    answers = [await ask.send(company.admin, query, {"input": GERMAN}, **{"Idempotency-Key": "k1"}) for _ in range(2)]

    assert [[], []] == [answer.errors for answer in answers]
    assert {"billingMarket": {"enabled": True}, "userErrors": []} == answers[0].data["a" * 60_000]
    async with engine.connect() as connection:
        places = list((await connection.execute(sa.select(IdempotentRequest.place))).scalars())
    assert (4, 4, True) == (len(places), len(set(places)), max(map(len, places)) <= 128)


async def test_keys_of_others_are_others(ask: Client, given: Factory) -> None:
    """What one user did with a key tells another user nothing."""
    ours, theirs = await given.company(), await given.company()

    first = await send(ask, ours.admin, "setBillingMarket", MARKET, **GERMAN, key="k1")
    second = await send(ask, theirs.admin, "setBillingMarket", MARKET, **GERMAN, key="k1")

    assert [[], []] == [first["userErrors"], second["userErrors"]]
    assert first["billingMarket"]["id"] != second["billingMarket"]["id"]


async def test_what_was_refused_spends_no_key(ask: Client, given: Factory) -> None:
    """After a problem the mended input is sent with the same key."""
    company = await given.company()

    wrong = await send(ask, company.admin, "setBillingMarket", MARKET, market="XX", enabled=True, key="k1")
    mended = await send(ask, company.admin, "setBillingMarket", MARKET, **GERMAN, key="k1")

    assert [user_error("INVALID_VALUE", "market")] == wrong["userErrors"]
    assert [] == mended["userErrors"]


async def test_sent_at_once_it_is_done_once(ask: Client, given: Factory, engine: AsyncEngine) -> None:
    """Of many who send the same key at the same moment one does it, and all are answered alike."""
    company = await given.company()

    answers = await asyncio.gather(
        *(send(ask, company.admin, "setBillingMarket", MARKET, **GERMAN, key="k1") for _ in range(8))
    )

    assert [answers[0]] * 8 == answers
    assert ["setBillingMarket"] == [action for action, _, _ in await recorded_changes(engine)]


async def test_who_comes_second_finds_it_done(ask: Client, given: Factory) -> None:
    """Of many who enable the same market at the same moment each is told that it is enabled."""
    company = await given.company()

    answers = await asyncio.gather(*(send(ask, company.admin, "setBillingMarket", MARKET, **GERMAN) for _ in range(8)))

    assert [answers[0]] * 8 == answers
    assert {"id": answers[0]["billingMarket"]["id"], "enabled": True} == answers[0]["billingMarket"]


async def test_a_change_that_takes_too_long_is_undone(
    ask: Client, database_url: str, engine: AsyncEngine, given: Factory, tmp_path: Path
) -> None:
    """A mutation that waits for a lock longer than a request may is answered so, changes nothing, and can be sent again.

    It's sent again to a gateway that has more time: half a second can be too little on a busy machine.
    """
    company = await given.company()
    app = server.build(Settings(data_dir=tmp_path, database_url=database_url, log_level="ERROR", request_timeout=0.5))
    async with (
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client,
        engine.connect() as other,
    ):
        await other.execute(sa.text("BEGIN"))
        await other.execute(sa.text("LOCK TABLE billing_market"))
        late = await Client(app, client)(company.admin, SET, input=GERMAN)
        nothing = await recorded_changes(engine)
        await other.execute(sa.text("ROLLBACK"))
        again = await ask(company.admin, SET, input=GERMAN)
    await app.state.services.close()

    assert (["TIMEOUT"], []) == (late.codes, nothing)
    assert {"setBillingMarket": {"billingMarket": {"enabled": True}}} == again.data


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\tinside"])
async def test_a_key_that_cannot_be_kept_is_refused(ask: Client, given: Factory, engine: AsyncEngine, key: str) -> None:
    """An Idempotency-Key is 1 to 255 printable characters of ASCII; with another one nothing is done."""
    company = await given.company()

    answer = await ask.send(company.admin, SET, {"input": GERMAN}, **{"Idempotency-Key": key})

    assert (["BAD_REQUEST"], 400, []) == (answer.codes, answer.status, await recorded_changes(engine))


async def test_what_was_done_is_forgotten_after_a_day(ask: Client, given: Factory, engine: AsyncEngine) -> None:
    """A key is good for 24 hours; later it is a new one."""
    company = await given.company()
    for key in ("old", "new"):
        await send(ask, company.admin, "setBillingMarket", MARKET, **GERMAN, key=key)
    async with engine.connect() as connection:
        long_ago = (
            sa.update(IdempotentRequest).where(IdempotentRequest.key == "old").values(created_at=now() - timedelta(hours=25))
        )
        await connection.execute(long_ago)

    await purge_requests(engine, "")

    async with engine.connect() as connection:
        assert ["new"] == list((await connection.execute(sa.select(IdempotentRequest.key))).scalars())


async def test_a_long_alias_is_a_place_as_any_other(ask: Client, given: Factory, engine: AsyncEngine) -> None:
    """However long the names are that a client gives its mutations, each is done once under its own."""
    company = await given.company()
    names = ["a" + "".join(random.Random(seed).choices(ascii_letters, k=30_000)) for seed in (1, 2)]
    document = "mutation ($input: SetBillingMarketInput!) {{ {} }}".format(
        " ".join(
            f"{name}: setBillingMarket(input: $input) {{ billingMarket {{ enabled }} userErrors {{ code }} }}" for name in names
        )
    )
    for _ in range(2):
        answer = await ask.send(company.admin, document, {"input": GERMAN}, **{"Idempotency-Key": "k"})

        done = {"billingMarket": {"enabled": True}, "userErrors": []}
        assert (200, [], dict.fromkeys(names, done)) == (answer.status, answer.errors, answer.data)
    assert len(await recorded_changes(engine)) == 1
