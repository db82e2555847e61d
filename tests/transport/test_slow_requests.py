"""A request that takes long to arrive is answered by the rights that its sender has when all of it is there, on every route.

Each test sends headers and a part of the body to a served gateway, and changes a fact once the gateway has read them: it then says
`100 Continue`. Only after the change is committed it sends the rest.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.routing import Route
from websockets.asyncio.client import connect as connected
from websockets.exceptions import ConnectionClosedError
from websockets.typing import Subprotocol

import server
from models.database import connect
from models.embedded import Embedded
from resolvers.reading.viewers import find_member
from settings import Settings
from tests import databases
from tests.factory import Account, Factory, Location, Port, Thing
from tests.pictures import picture
from tests.transport.gateway import running
from transport.authentication.tokens import Tokens

JSON: Final = "application/json"
PRICES: Final = "query ($id: ID!) { node(id: $id) { ... on Port { name monthlyRate { amount } } } viewer { roles } }"
ORDER: Final = """mutation ($input: OrderPortInput!) { orderPort(input: $input) {
  port { monthlyRate { amount } } orderApproval { status } userErrors { code } } }"""
GONE: Final = "The account of this token no longer exists."
ASK_NOBODY: Final = {"/livez", "/readyz", "/", "/assets/{name}", "/portal/config", "/portal/sign-in", "/mails", "/mails.json"}


@dataclass(frozen=True)
class Gateway:
    """A gateway that is served, and the database that it is over."""

    address: str
    tokens: Tokens
    engine: AsyncEngine
    given: Factory
    routes: list[Any]

    async def token(self, email: str) -> str:
        """A token of a user."""
        member = await find_member(self.engine, email)
        assert member is not None
        return self.tokens.issue(member.user_id, member.membership_id, 600)


@dataclass(frozen=True)
class Market:
    """What the tests change: a managed account that sees prices and orders without approval, its port and its partner."""

    given: Factory
    account: Account
    location: Location
    port: Port
    colleague: Thing  # a member of the account's partner, as which nobody else acts

    @property
    def member(self) -> Thing:
        """The membership of the account's user."""
        return self.account.company.user.membership


Change = Callable[[Market], Awaitable[object]]


@pytest.fixture(scope="module")
async def gateway(postgres: Embedded, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    """One gateway over a database of its own, for the tests here."""
    name = await databases.create(postgres, migrated)
    url, data = postgres.url(name), tmp_path_factory.mktemp("slow")
    settings = Settings(data_dir=data, database_url=url, log_level="ERROR", shutdown_timeout=1)
    app, engine = server.build(settings), connect(url)
    with running(app, settings) as address:
        yield Gateway(address, app.state.tokens, engine, Factory(engine), app.routes)
    await engine.dispose()
    await databases.drop(postgres, name)


@pytest.fixture
async def market(gateway: Gateway) -> Market:
    """New companies for each test."""
    given = gateway.given
    partner = await given.partner()
    verified = {"verification_status": "VERIFIED"}
    account = await given.managed_account(partner, pricing=True, company=verified)
    location = await given.orderable(partner)
    return Market(given, account, location, await given.port(account.company, location), partner.user.membership)


async def require_approval(market: Market) -> None:
    """The partner requires approval of the account's orders."""
    await market.given.setting(market.account, order_approval=True)


async def hide_prices(market: Market) -> None:
    """The partner hides prices from the account."""
    await market.given.setting(market.account, pricing=False)


async def remove_member(market: Market) -> None:
    """The account's user is removed."""
    await market.given.no_more(market.member)


async def take_role(market: Market) -> None:
    """The account's user keeps the role of a viewer, who neither sees prices nor orders."""
    await market.given.change(market.member, roles=["VIEWER"])


async def remove_colleague(market: Market) -> None:
    """The partner's user is removed."""
    await market.given.no_more(market.colleague)


async def take_colleagues_role(market: Market) -> None:
    """The partner's user keeps the role of a viewer, who neither looks as accounts nor uploads."""
    await market.given.change(market.colleague, roles=["VIEWER"])


OF_BEFORE: Final[dict[Change, bytes]] = {  # what an answer by the rights of before has
    hide_prices: b"1250",
    take_role: b"ACCOUNT_ADMIN",
    take_colleagues_role: b"ACCOUNT_ADMIN",
    remove_colleague: b"data",
}


async def slowly(
    gateway: Gateway, market: Market, change: Change, path: str, email: str, body: bytes, **headers: str
) -> tuple[int, bytes]:
    """The status and the body of the answer to a request, if `change` is committed between its headers and the end of its body."""
    parts = urlsplit(gateway.address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    fields = {
        "Host": "x",
        "Authorization": f"Bearer {await gateway.token(email)}",
        "Content-Type": JSON,
        "Content-Length": str(len(body)),
        "Expect": "100-continue",
        "Connection": "close",
        **headers,
    }
    head = f"POST {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    writer.write(f"{head}\r\n".encode())
    async with asyncio.timeout(30):
        assert b"HTTP/1.1 100 Continue\r\n\r\n" == await reader.readuntil(b"\r\n\r\n")
        writer.write(body[:-5])
        await change(market)
        writer.write(body[-5:])
        answer = await reader.read()
    writer.close()
    start, _, content = answer.partition(b"\r\n\r\n")
    return int(start.split()[1]), content


def graphql(query: str, **variables: Any) -> bytes:
    """The body of a GraphQL request."""
    return json.dumps({"query": query, "variables": variables}).encode()


def told_gone(answer: tuple[int, bytes]) -> bool:
    """Whether an answer is that of a token without a membership."""
    status, content = answer
    return status == 401 and json.loads(content)["errors"][0]["message"] == GONE


def order_of(market: Market) -> bytes:
    """The body of an order by the account."""
    place = {"locationId": market.location.id, "name": "Core", "speedMbps": 1000, "termMonths": 12}
    return graphql(ORDER, input=place)


@pytest.mark.parametrize("change", [hide_prices, take_role])
@pytest.mark.parametrize("accept", [JSON, "text/event-stream"])
async def test_a_query_reads_by_present_rights_V2(gateway: Gateway, market: Market, change: Change, accept: str) -> None:
    """What was hidden, or taken, while the query was on its way is not in its answer, by POST and as a stream of events."""
    body = graphql(PRICES, id=market.port.id)

    status, content = await slowly(gateway, market, change, "/graphql", market.account.admin, body, Accept=accept)

    assert (200, True, False) == (status, b'"roles":' in content, OF_BEFORE[change] in content)


@pytest.mark.parametrize("accept", [JSON, "text/event-stream"])
async def test_a_query_of_a_removed_member_is_refused(gateway: Gateway, market: Market, accept: str) -> None:
    """Nothing is read for whoever was removed while its query was on its way."""
    body = graphql(PRICES, id=market.port.id)

    assert told_gone(await slowly(gateway, market, remove_member, "/graphql", market.account.admin, body, Accept=accept))


@pytest.mark.parametrize("accept", [JSON, "text/event-stream"])
async def test_an_order_waits_for_the_approval_that_is_required_by_then_V13(
    gateway: Gateway, market: Market, accept: str
) -> None:
    """No port is made."""
    body = order_of(market)

    status, content = await slowly(gateway, market, require_approval, "/graphql", market.account.admin, body, Accept=accept)

    assert (200, True) == (status, b'"port":null,"orderApproval":{"status":"PENDING"}' in content)


@pytest.mark.parametrize("accept", [JSON, "text/event-stream"])
async def test_an_order_by_whoever_may_no_more_is_refused(gateway: Gateway, market: Market, accept: str) -> None:
    """The role has to be there when all of the order is."""
    body = order_of(market)

    _, content = await slowly(gateway, market, take_role, "/graphql", market.account.admin, body, Accept=accept)

    assert b'"port":null,"orderApproval":null,"userErrors":[{"code":"FORBIDDEN"}]' in content


async def test_an_order_by_a_removed_member_is_refused(gateway: Gateway, market: Market) -> None:
    """The answer is that of a token without a membership."""
    assert told_gone(await slowly(gateway, market, remove_member, "/graphql", market.account.admin, order_of(market)))


@pytest.mark.parametrize("change", [remove_colleague, take_colleagues_role, hide_prices])
async def test_looking_as_another_is_decided_by_present_rights(gateway: Gateway, market: Market, change: Change) -> None:
    """The asker has to have the right, and the account has to see the price, when all of the query is there."""
    looked = {"X-Crossgate-View-As": market.account.company.id}
    body = graphql(PRICES, id=market.port.id)

    status, content = await slowly(gateway, market, change, "/graphql", market.account.partner.admin, body, **looked)

    assert (401 if change is remove_colleague else 200, False) == (status, OF_BEFORE[change] in content)


async def test_a_comparison_is_made_by_present_rights(gateway: Gateway, market: Market) -> None:
    """The account sees no price any more, and its partner does."""
    body = json.dumps({"query": PRICES, "variables": {"id": market.port.id}, "left": None, "right": market.account.company.id})

    _, content = await slowly(gateway, market, hide_prices, "/diff", market.account.partner.admin, body.encode())

    assert ["HIDDEN_BY_PARTNER"] == [each["right"]["reason"] for each in json.loads(content)["paths"]]


async def test_a_comparison_by_a_removed_member_is_refused(gateway: Gateway, market: Market) -> None:
    """Nothing is compared for whoever was removed."""
    body = json.dumps({"query": "{ __typename }"}).encode()

    assert told_gone(await slowly(gateway, market, remove_colleague, "/diff", market.account.partner.admin, body))


@pytest.mark.parametrize(("change", "status"), [(remove_colleague, 401), (take_colleagues_role, 403)])
async def test_a_picture_is_stored_by_present_rights(gateway: Gateway, market: Market, change: Change, status: int) -> None:
    """A picture that was on its way is not stored for whoever may no more upload it."""
    before = await market.given.count("Image")

    answer = await slowly(gateway, market, change, "/files", market.account.partner.admin, picture("PNG"))

    assert (status, before) == (answer[0], await market.given.count("Image"))


@pytest.mark.parametrize("change", [hide_prices, take_role, remove_member])
async def test_an_operation_of_a_socket_is_decided_when_its_message_is_there_V2(
    gateway: Gateway, market: Market, change: Change
) -> None:
    """A socket that was opened before has no rights of before, and neither has a message of which the first part was sent before."""
    message = json.dumps({"type": "subscribe", "id": "1", "payload": {"query": PRICES, "variables": {"id": market.port.id}}})

    async def parts() -> AsyncIterator[str]:
        yield message[:-5]
        await change(market)
        yield message[-5:]

    url = gateway.address.replace("http", "ws")
    async with (
        asyncio.timeout(30),
        connected(f"{url}/graphql", subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None) as socket,
    ):
        credentials = {"Authorization": f"Bearer {await gateway.token(market.account.admin)}"}
        await socket.send(json.dumps({"type": "connection_init", "payload": credentials}))
        assert "connection_ack" == json.loads(await socket.recv())["type"]
        await socket.send(parts())
        answers = [answer async for answer in _until_complete(socket)]

    if change is remove_member:
        assert ([], 4403, GONE) == (answers, socket.close_code, socket.close_reason)
    else:
        assert [False] == [OF_BEFORE[change] in answer for answer in answers]


async def _until_complete(socket: Any) -> AsyncIterator[bytes]:
    with suppress(ConnectionClosedError):
        while json.loads(text := await socket.recv())["type"] == "next":
            yield text.encode()


async def test_a_token_that_ends_while_the_body_is_on_its_way_is_refused(gateway: Gateway, market: Market) -> None:
    """An expiry is a fact too."""
    member = await find_member(gateway.engine, market.account.admin)
    assert member is not None
    short = gateway.tokens.issue(member.user_id, member.membership_id, 1)

    async def until_it_ends(_market: Market) -> None:
        await asyncio.sleep(1.1)

    body = graphql(PRICES, id=market.port.id)
    status, content = await slowly(
        gateway, market, until_it_ends, "/graphql", market.account.admin, body, Authorization=f"Bearer {short}"
    )

    assert (401, "The token has expired. Sign in again.") == (status, json.loads(content)["errors"][0]["message"])


def test_no_other_route_asks_who_it_is(gateway: Gateway) -> None:
    """A route that is new is tested here, or asks nobody who it is."""
    tested = {"/graphql", "/diff", "/files"}
    reads_no_body = {"/files/{id}"}
    routes = {route.path for route in gateway.routes if isinstance(route, Route)}

    assert routes <= tested | reads_no_body | ASK_NOBODY
