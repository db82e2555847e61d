"""Runner: a mutation with an Idempotency-Key runs once, however often it is sent."""

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
def factory(engine: AsyncEngine) -> Factory:
    """Return a factory that adds rows to the test database."""
    return Factory(engine)


async def test_repeated_mutation_runs_once(client: Client, factory: Factory, engine: AsyncEngine) -> None:
    """The second response is that of the first run, read again; changes made in between stay."""
    company = await factory.company()

    first = await send(client, company.admin, "setBillingMarket", MARKET, **GERMAN, key="k1")
    await send(client, company.admin, "setBillingMarket", MARKET, market="DE", enabled=False)
    again = await send(client, company.admin, "setBillingMarket", MARKET, **GERMAN, key="k1")

    assert first["billingMarket"]["id"] == again["billingMarket"]["id"]
    assert ([], True, False) == (again["userErrors"], first["billingMarket"]["enabled"], again["billingMarket"]["enabled"])
    assert 2 == len(await recorded_changes(engine))


async def test_key_with_another_input_is_refused(client: Client, factory: Factory) -> None:
    """The same key with a different input is an error."""
    company = await factory.company()

    await send(client, company.admin, "setBillingMarket", MARKET, **GERMAN, key="k1")
    other = await send(client, company.admin, "setBillingMarket", MARKET, market="NL", enabled=True, key="k1")

    assert {"billingMarket": None, "userErrors": [user_error("IDEMPOTENCY_KEY_REUSED")]} == other


async def test_key_includes_aliases_of_any_length(client: Client, factory: Factory, engine: AsyncEngine) -> None:
    """Aliases tell mutations under one key apart, however long they are."""
    company = await factory.company()
    aliases = ["a" * 40_000, "a" * 39_999 + "b", "a" * 128, "a" * 129]
    field = "setBillingMarket(input: $input) { billingMarket { enabled } userErrors { code } }"
    fields = "\n".join(f"{alias}: {field}" for alias in aliases)
    query = f"mutation ($input: SetBillingMarketInput!) {{ {fields} }}"

    answers = [await client.send(company.admin, query, {"input": GERMAN}, **{"Idempotency-Key": "k1"}) for _ in range(2)]

    assert [[], []] == [answer.errors for answer in answers]
    assert {"billingMarket": {"enabled": True}, "userErrors": []} == answers[0].data["a" * 40_000]
    async with engine.connect() as connection:
        places = list((await connection.execute(sa.select(IdempotentRequest.place))).scalars())
    assert (4, 4, True) == (len(places), len(set(places)), max(map(len, places)) <= 128)


async def test_keys_are_separate_for_each_user(client: Client, factory: Factory) -> None:
    """A key that one user used reveals nothing to another."""
    ours, theirs = await factory.company(), await factory.company()

    first = await send(client, ours.admin, "setBillingMarket", MARKET, **GERMAN, key="k1")
    second = await send(client, theirs.admin, "setBillingMarket", MARKET, **GERMAN, key="k1")

    assert [[], []] == [first["userErrors"], second["userErrors"]]
    assert first["billingMarket"]["id"] != second["billingMarket"]["id"]


async def test_rejected_mutation_does_not_use_up_its_key(client: Client, factory: Factory) -> None:
    """After a user error, a corrected input can use the same key."""
    company = await factory.company()

    wrong = await send(client, company.admin, "setBillingMarket", MARKET, market="XX", enabled=True, key="k1")
    mended = await send(client, company.admin, "setBillingMarket", MARKET, **GERMAN, key="k1")

    assert [user_error("INVALID_VALUE", "market")] == wrong["userErrors"]
    assert [] == mended["userErrors"]


async def test_concurrent_requests_with_one_key_run_once(client: Client, factory: Factory, engine: AsyncEngine) -> None:
    """Of many concurrent requests with the same key one runs, and all get the same response."""
    company = await factory.company()

    answers = await asyncio.gather(
        *(send(client, company.admin, "setBillingMarket", MARKET, **GERMAN, key="k1") for _ in range(8))
    )

    assert [answers[0]] * 8 == answers
    assert ["setBillingMarket"] == [action for action, _, _ in await recorded_changes(engine)]


async def test_concurrent_identical_changes_all_succeed(client: Client, factory: Factory) -> None:
    """Of many concurrent requests to enable the same market, each reports that it is enabled."""
    company = await factory.company()

    answers = await asyncio.gather(*(send(client, company.admin, "setBillingMarket", MARKET, **GERMAN) for _ in range(8)))

    assert [answers[0]] * 8 == answers
    assert {"id": answers[0]["billingMarket"]["id"], "enabled": True} == answers[0]["billingMarket"]


async def test_mutation_that_times_out_is_rolled_back(
    client: Client, database_url: str, engine: AsyncEngine, factory: Factory, tmp_path: Path
) -> None:
    """A mutation that waits for a lock beyond the request timeout fails, changes nothing, and can be sent again.

    It's sent again to a gateway with more time, because half a second can be too little on a busy machine.
    """
    company = await factory.company()
    app = server.build(Settings(data_dir=tmp_path, database_url=database_url, log_level="ERROR", request_timeout=0.5))
    async with (
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as http,
        engine.connect() as other,
    ):
        await other.execute(sa.text("BEGIN"))
        await other.execute(sa.text("LOCK TABLE billing_market"))
        late = await Client(app, http)(company.admin, SET, input=GERMAN)
        nothing = await recorded_changes(engine)
        await other.execute(sa.text("ROLLBACK"))
        again = await client(company.admin, SET, input=GERMAN)
    await app.state.services.close()

    assert (["TIMEOUT"], []) == (late.codes, nothing)
    assert {"setBillingMarket": {"billingMarket": {"enabled": True}}} == again.data


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\tinside"])
async def test_invalid_key_is_refused(client: Client, factory: Factory, engine: AsyncEngine, key: str) -> None:
    """An Idempotency-Key has 1 to 255 printable ASCII characters; with any other, nothing is changed."""
    company = await factory.company()

    answer = await client.send(company.admin, SET, {"input": GERMAN}, **{"Idempotency-Key": key})

    assert (["BAD_REQUEST"], 400, []) == (answer.codes, answer.status, await recorded_changes(engine))


async def test_keys_expire_after_a_day(client: Client, factory: Factory, engine: AsyncEngine) -> None:
    """A key is valid for 24 hours; later it counts as new."""
    company = await factory.company()
    for key in ("old", "new"):
        await send(client, company.admin, "setBillingMarket", MARKET, **GERMAN, key=key)
    async with engine.connect() as connection:
        long_ago = (
            sa.update(IdempotentRequest).where(IdempotentRequest.key == "old").values(created_at=now() - timedelta(hours=25))
        )
        await connection.execute(long_ago)

    await purge_requests(engine, "")

    async with engine.connect() as connection:
        assert ["new"] == list((await connection.execute(sa.select(IdempotentRequest.key))).scalars())


async def test_long_aliases_are_distinguished(client: Client, factory: Factory, engine: AsyncEngine) -> None:
    """Mutations with long aliases each run once under their own alias."""
    company = await factory.company()
    names = ["a" + "".join(random.Random(seed).choices(ascii_letters, k=30_000)) for seed in (1, 2)]
    document = "mutation ($input: SetBillingMarketInput!) {{ {} }}".format(
        " ".join(
            f"{name}: setBillingMarket(input: $input) {{ billingMarket {{ enabled }} userErrors {{ code }} }}" for name in names
        )
    )
    for _ in range(2):
        answer = await client.send(company.admin, document, {"input": GERMAN}, **{"Idempotency-Key": "k"})

        done = {"billingMarket": {"enabled": True}, "userErrors": []}
        assert (200, [], dict.fromkeys(names, done)) == (answer.status, answer.errors, answer.data)
    assert len(await recorded_changes(engine)) == 1
