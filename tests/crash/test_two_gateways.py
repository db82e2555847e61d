"""Two gateway processes on one database: a change made through one is immediately visible through the other, exactly once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import sqlalchemy as sa
from gql import Client, gql
from gql.transport.websockets import WebsocketsTransport
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Session
from models.database import connect
from models.embedded import Embedded
from models.sign_in_attempt import MAX_PER_ADDRESS
from tests import databases, plain_http
from tests.crash.processes import PATIENCE, KillableProcess, free_port, gateway
from tests.crash.test_crash import ORDER, token
from tests.factory import Account, Factory, Offer, Port
from tests.rules.identity import OTHER_PASSWORD, PASSWORD, forget_attempts, mails_to, person
from transport.authentication.tokens import Tokens

PRICES: Final = "{ ports { nodes { monthlyRate { amount } } } }"
SET: Final = """
    mutation ($input: UpdateManagedAccountSettingsInput!) {
      updateManagedAccountSettings(input: $input) { managedAccount { version } userErrors { code } }
    }
"""
RENAME: Final = "mutation ($input: UpdatePortInput!) { updatePort(input: $input) { userErrors { code } } }"
SPOKEN: Final = WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL
FOLLOW: Final = gql("subscription { portUpdated { id name } }")
SIGN_IN: Final = "mutation ($input: SignInInput!) { signIn(input: $input) { tokens { refreshToken } userErrors { code } } }"
REFRESH: Final = """
    mutation ($input: RefreshTokensInput!) {
      refreshTokens(input: $input) { tokens { accessToken refreshToken } userErrors { code } }
    }
"""
REFUSED: Final = {"tokens": None, "userErrors": [{"code": "INVALID_REFRESH_TOKEN"}]}
LOCK: Final = 44  # the advisory lock that a test holds to stop commits
STOP_COMMITS: Final = (
    f"""
    CREATE FUNCTION wait_to_commit() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_xact_lock_shared({LOCK}); RETURN NULL; END $$
    """,
    """
    CREATE CONSTRAINT TRIGGER wait_to_commit AFTER UPDATE OF refreshes ON session
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait_to_commit()
    """,
)
COMMITS_WAITING: Final = sa.text(
    f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = {LOCK} AND NOT granted"
)


@dataclass
class Pair:
    """Two gateways with a client each, and a factory for rows in their database."""

    clients: tuple[httpx.AsyncClient, httpx.AsyncClient]
    processes: tuple[KillableProcess, KillableProcess]
    engine: AsyncEngine
    factory: Factory
    data_dir: Path

    async def token(self, email: str) -> str:
        """Issue a token that both gateways accept."""
        return await token(self.engine, self.data_dir, email)

    async def send(self, place: int, bearer: str | None, query: str, key: str = "", **values: Any) -> Any:
        """Send a query to one of the two gateways and return its data."""
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        headers |= {"Idempotency-Key": key} if key else {}
        body = {"query": query, "variables": {"input": values} if values else {}}
        answer = (await self.clients[place].post("/graphql", json=body, headers=headers)).json()
        assert "errors" not in answer, answer
        return answer["data"]


@pytest.fixture(scope="module")
async def pair(postgres: Embedded, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pair]:
    """Start two gateways that share a database and a signing key."""
    name, data_dir = await databases.create(postgres, migrated), tmp_path_factory.mktemp("gateways")
    Tokens.load(data_dir / "signing-key.pem")
    ports, engine = (free_port(), free_port()), connect(postgres.url(name))
    processes = [gateway(port, data_dir, postgres.url(name), data_dir / f"{port}.log") for port in ports]
    first, second = processes
    addresses = [f"http://127.0.0.1:{port}" for port in ports]
    try:
        async with AsyncExitStack() as stack:
            clients = [plain_http.client(base_url=address, timeout=20) for address in addresses]
            one, other = [await stack.enter_async_context(client) for client in clients]
            await asyncio.gather(ready(one), ready(other))
            yield Pair((one, other), (first, second), engine, Factory(engine), data_dir)
    finally:
        await engine.dispose()
        await asyncio.gather(*(asyncio.to_thread(process.stop) for process in processes))
        await databases.drop(postgres, name)


async def ready(client: httpx.AsyncClient) -> None:
    """Wait until a gateway responds."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                if (await client.get("/readyz")).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)


@pytest.fixture
async def account(pair: Pair) -> Account:
    """Create a managed account that can order."""
    return await pair.factory.managed_account(await pair.factory.partner(), company={"verification_status": "VERIFIED"})


async def test_setting_changed_through_one_gateway_applies_to_the_next_request_of_the_other(
    pair: Pair, account: Account
) -> None:
    """If the partner shows prices through one gateway, the other's next response has them; hiding them works alike."""
    await pair.factory.port(account.company)
    partner, managed = await pair.token(account.partner.admin), await pair.token(account.admin)

    seen = [await pair.send(place, managed, PRICES) for place in (0, 1)]
    for version, pricing in ((1, True), (2, False), (3, True)):
        place = version % 2
        done = await pair.send(place, partner, SET, id=account.id, version=version, settings={"pricing": pricing})
        assert {"managedAccount": {"version": version + 1}, "userErrors": []} == done["updateManagedAccountSettings"]
        seen.append(await pair.send(1 - place, managed, PRICES))

    hidden, shown = [{"ports": {"nodes": [{"monthlyRate": rate}]}} for rate in (None, {"amount": "1250.00"})]
    assert [hidden, hidden, shown, hidden, shown] == seen


@asynccontextmanager
async def heard(pair: Pair, place: int, bearer: str) -> AsyncIterator[asyncio.Queue[Any]]:
    """Subscribe to port updates of one gateway. Yields the queue of events."""
    url = str(pair.clients[place].base_url.copy_with(scheme="ws", path="/graphql"))
    credentials = {"Authorization": f"Bearer {bearer}"}
    transport = WebsocketsTransport(url=url, init_payload=credentials, subprotocols=[SPOKEN], connect_args={"proxy": None})
    events: asyncio.Queue[Any] = asyncio.Queue()

    async def follow() -> None:
        async with Client(transport=transport) as session:
            async for event in session.subscribe(FOLLOW):
                events.put_nowait(event["portUpdated"])

    following = asyncio.create_task(follow())
    try:
        yield events
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def rename(pair: Pair, bearer: str, port: Port, version: int, name: str) -> None:
    """Rename a port through the first gateway."""
    done = await pair.send(0, bearer, RENAME, id=port.id, version=version, name=name)
    assert {"updatePort": {"userErrors": []}} == done


async def test_event_from_one_gateway_reaches_subscribers_of_both(pair: Pair, account: Account) -> None:
    """Once both are subscribed, each receives a change made through the first gateway exactly once."""
    port, bearer, versions = await pair.factory.port(account.company), await pair.token(account.admin), count(1)

    async with heard(pair, 0, bearer) as here, heard(pair, 1, bearer) as there, asyncio.timeout(PATIENCE):
        while here.empty() or there.empty():
            await rename(pair, bearer, port, next(versions), "before")
            await asyncio.sleep(0.1)
        names: list[list[str]] = [[], []]
        for name in ("the change", "the end"):
            await rename(pair, bearer, port, next(versions), name)
            for place, events in enumerate((here, there)):
                names[place] += [event["name"] async for event in until(events, name)]

    assert [["the change", "the end"]] * 2 == [[name for name in each if name != "before"] for each in names]


async def until(events: asyncio.Queue[Any], name: str) -> AsyncIterator[Any]:
    """Yield the events up to the one with a name."""
    while True:
        event = await events.get()
        yield event
        if event["name"] == name:
            return


async def test_idempotency_key_sent_to_both_gateways_is_carried_out_once(pair: Pair, account: Account) -> None:
    """Ten orders, each sent to both gateways at once with the same key, create ten ports, and both responses name the same port."""
    location, bearer = await pair.factory.orderable(account.partner), await pair.token(account.admin)
    order_input = {"locationId": location.id, "speedMbps": 1_000, "termMonths": 12}

    async def order(number: int, place: int) -> Any:
        return (await pair.send(place, bearer, ORDER, f"order-{number}", name=f"Order {number}", **order_input))["orderPort"]

    both = [await asyncio.gather(order(number, 0), order(number, 1)) for number in range(10)]
    listed = await pair.send(1, bearer, "{ ports { nodes { name } } }")

    assert [[]] * 10 == [one["userErrors"] for one, _ in both]
    assert [one for one, _ in both] == [other for _, other in both]
    assert [{"name": f"Order {number}"} for number in range(10)] == listed["ports"]["nodes"]


async def signed_in(pair: Pair) -> tuple[str, str]:
    """Sign a new user in. Returns its address and its refresh token."""
    email = (await person(pair.factory, pair.engine)).email
    answer = await pair.send(0, None, SIGN_IN, email=email, password=PASSWORD)
    return email, answer["signIn"]["tokens"]["refreshToken"]


async def refresh(pair: Pair, place: int, token: str) -> Any:
    """Refresh a session at one of the two gateways and return the payload."""
    return (await pair.send(place, None, REFRESH, refreshToken=token))["refreshTokens"]


async def ask(pair: Pair, place: int, bearer: str) -> int:
    """Send a query with an access token and return the status."""
    headers = {"Authorization": f"Bearer {bearer}", "Accept": "application/graphql-response+json"}
    answer = await pair.clients[place].post("/graphql", json={"query": "{ viewer { user { id } } }"}, headers=headers)
    return answer.status_code


async def kill_before_answer(pair: Pair, token: str) -> None:
    """Refresh a session at the first gateway, and kill the gateway when it has committed but not answered."""
    async with pair.engine.connect() as connection:
        for statement in STOP_COMMITS:
            await connection.execute(sa.text(statement))
        await connection.execute(sa.text(f"SELECT pg_advisory_lock({LOCK})"))
        refreshing = asyncio.create_task(refresh(pair, 0, token))
        await until_equal(pair.engine, 1, COMMITS_WAITING)
        pair.processes[0].freeze()
        await connection.execute(sa.text(f"SELECT pg_advisory_unlock({LOCK})"))
        await until_equal(pair.engine, 1, sa.select(sa.func.max(Session.refreshes)))
        await connection.execute(sa.text("DROP FUNCTION wait_to_commit CASCADE"))
    assert not refreshing.done()
    await pair.processes[0].restart()
    with pytest.raises(httpx.TransportError):
        await refreshing
    await ready(pair.clients[0])


async def until_equal(engine: AsyncEngine, expected: int, query: sa.Executable) -> None:
    """Wait until a query returns a number."""
    async with asyncio.timeout(PATIENCE), engine.connect() as connection:
        while (await connection.execute(query)).scalar_one() != expected:  # noqa: ASYNC110 (another process changes it)
            await asyncio.sleep(0.01)


async def test_gateway_killed_between_commit_and_answer_signs_nobody_out_V44(pair: Pair) -> None:
    """The client repeats its refresh token at another gateway, and at the restarted one, and goes on with its successor."""
    email, token = await signed_in(pair)

    await kill_before_answer(pair, token)
    repeated = [await refresh(pair, place, token) for place in (1, 0)]
    next_one = await refresh(pair, 1, repeated[0]["tokens"]["refreshToken"])

    assert [[], []] == [each["userErrors"] for each in (repeated[0], next_one)]
    assert repeated[0]["tokens"]["refreshToken"] == repeated[1]["tokens"]["refreshToken"]
    assert 200 == await ask(pair, 0, next_one["tokens"]["accessToken"])
    assert [] == await mails_to(pair.engine, email)


async def test_fifty_tabs_at_two_gateways_stay_signed_in_until_a_thief_comes_V44_R119(pair: Pair) -> None:
    """All get the same successor. A copy of the first token ends the session an hour later, and its owner gets an email."""
    email, token = await signed_in(pair)

    tabs = await asyncio.gather(*(refresh(pair, number % 2, token) for number in range(50)))
    (successor,) = {tab["tokens"]["refreshToken"] for tab in tabs}
    opened = [await ask(pair, place, tabs[place]["tokens"]["accessToken"]) for place in (0, 1)]
    before = await mails_to(pair.engine, email)
    async with pair.engine.connect() as connection:
        an_hour = timedelta(hours=1)
        times = {"refreshed_at": Session.refreshed_at - an_hour, "last_used_at": Session.last_used_at - an_hour}
        await connection.execute(sa.update(Session).values(times))
    replayed = await refresh(pair, 1, token)

    assert ([200, 200], [], REFUSED) == (opened, before, replayed)
    assert REFUSED == await refresh(pair, 0, successor)
    assert [401, 401] == [await ask(pair, place, tabs[place]["tokens"]["accessToken"]) for place in (0, 1)]
    assert ["Security: A session was ended"] == [mail.partition("\n")[0] for mail in await mails_to(pair.engine, email)]


async def test_attempts_at_both_gateways_count_together_V43(pair: Pair) -> None:
    """Of fifteen wrong passwords that are sent to both gateways at once, ten are compared. The right one waits at both too."""
    email, _ = await signed_in(pair)

    async def attempt(place: int, password: str) -> str:
        answer = await pair.send(place, None, SIGN_IN, email=email, password=password)
        (error,) = answer["signIn"]["userErrors"]
        return str(error["code"])

    wrong = await asyncio.gather(*(attempt(number % 2, OTHER_PASSWORD) for number in range(MAX_PER_ADDRESS + 5)))
    right = [await attempt(place, PASSWORD) for place in (0, 1)]
    await forget_attempts(pair.engine)

    assert [MAX_PER_ADDRESS, 5] == [wrong.count("INVALID_CREDENTIALS"), wrong.count("TOO_MANY")]
    assert ["TOO_MANY", "TOO_MANY"] == right


READ_OFFER: Final = "query ($input: ID!) { node(id: $input) { ... on Offer { status version dimensions { id } } } }"
ACCEPT: Final = """
    mutation ($input: AcceptOfferInput!) { acceptOffer(input: $input) { agreement { id } userErrors { code } } }
"""
AGREEMENTS: Final = "{ agreements { nodes { id } totalCount } }"
UPDATE_OFFER: Final = (
    "mutation ($input: UpdateOfferInput!) { updateOffer(input: $input) { offer { version } userErrors { code } } }"
)


async def offer_of(pair: Pair, offer: Offer, bearer: str) -> Any:
    """Return an offer as a viewer reads it."""
    body = {"query": READ_OFFER, "variables": {"input": offer.id}}
    answer = await pair.clients[0].post("/graphql", json=body, headers={"Authorization": f"Bearer {bearer}"})
    return answer.json()["data"]["node"]


async def test_offer_accepted_through_both_gateways_at_once_makes_one_agreement_A29_V4(pair: Pair) -> None:
    """Ten acceptances of each of five offers, half through each gateway: one succeeds, and both gateways list it at once."""
    seller, buyer = await pair.factory.company(), await pair.factory.company()
    bearer = await pair.token(buyer.admin)
    for number in range(5):
        offer = await pair.factory.offer(seller, [buyer])
        (dimension,) = (await offer_of(pair, offer, bearer))["dimensions"]
        chosen: dict[str, Any] = {"id": offer.id, "version": 1, "dimensionIds": [dimension["id"]]}

        answers = await asyncio.gather(*(pair.send(place % 2, bearer, ACCEPT, **chosen) for place in range(10)))

        made = [answer["acceptOffer"]["agreement"] for answer in answers]
        codes = {error["code"] for answer in answers for error in answer["acceptOffer"]["userErrors"]}
        listed = [(await pair.send(place, bearer, AGREEMENTS))["agreements"] for place in (0, 1)]
        assert 1 == len([agreement for agreement in made if agreement])
        assert {"DUPLICATE"} == codes
        assert listed[0] == listed[1]
        assert number + 1 == listed[0]["totalCount"]


async def test_offer_changed_through_one_gateway_is_not_accepted_unread_through_the_other_R245(pair: Pair) -> None:
    """A buyer that read the version before gets CONFLICT from the other gateway."""
    seller, buyer = await pair.factory.company(), await pair.factory.company()
    bearer = await pair.token(buyer.admin)
    offer = await pair.factory.offer(seller, [buyer])
    (dimension,) = (await offer_of(pair, offer, bearer))["dimensions"]
    chosen: dict[str, Any] = {"id": offer.id, "dimensionIds": [dimension["id"]]}

    changed = await pair.send(0, await pair.token(seller.admin), UPDATE_OFFER, id=offer.id, version=1, name="Other terms")
    unread = await pair.send(1, bearer, ACCEPT, version=1, **chosen)
    read = await pair.send(1, bearer, ACCEPT, version=2, **chosen)

    assert {"offer": {"version": 2}, "userErrors": []} == changed["updateOffer"]
    assert {"agreement": None, "userErrors": [{"code": "CONFLICT"}]} == unread["acceptOffer"]
    assert [] == read["acceptOffer"]["userErrors"]
